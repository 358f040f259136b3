"""The closing table: all pipelines side by side, every figure as ``metrics.json`` has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table

UNKNOWN = "–"


def closing_table(metrics: Mapping[str, Any]) -> Table:
    """Return the table of a run's metrics; a figure that does not exist is a dash."""
    dataset = metrics["dataset"]
    test = dataset["splits"]["test"]
    pipelines: Mapping[str, Any] = metrics["pipelines"]
    table = Table(
        title=f"{dataset['name']}: {test['images']} test images, {test['boxes']} boxes",
        caption=f"{_devices(pipelines)}; {metrics['environment']['cores']} cores",
    )
    table.add_column("")
    for name in pipelines:
        table.add_column(name, justify="right")
    for label, figure, form in _rows(dataset["classes"]):
        table.add_row(label, *(_shown(figure(p), form) for p in pipelines.values()))
    return table


Row = tuple[str, Callable[[Mapping[str, Any]], float | None], str]


def _rows(classes: list[str]) -> list[Row]:
    def of_class(name: str) -> Row:
        return (
            f"  AP@.50 {name}",
            lambda p: p["quality"]["per_class"][name]["ap_50"],
            "{:.3f}",
        )

    return [
        ("mAP@.50", lambda p: p["quality"]["map_50"], "{:.3f}"),
        ("mAP@[.50:.95]", lambda p: p["quality"]["map_50_95"], "{:.3f}"),
        ("mAP@.75", lambda p: p["quality"]["map_75"], "{:.3f}"),
        *(of_class(name) for name in classes),
        ("latency p50", lambda p: p["latency_ms"]["p50"], "{:.1f} ms"),
        ("latency p90", lambda p: p["latency_ms"]["p90"], "{:.1f} ms"),
        ("first call", lambda p: p["latency_ms"]["first_call"], "{:.1f} ms"),
        ("training", lambda p: p["training"]["seconds"], "{:.0f} s"),
        ("parameters", lambda p: p["model"]["parameters"], "{:,}"),
        ("on disk", lambda p: p["model"]["disk_mb"], "{:.1f} MiB"),
        ("peak memory", lambda p: p["memory_mb"]["peak_rss"], "{:.0f} MiB"),
    ]


def _shown(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else form.format(value)


def _devices(pipelines: Mapping[str, Any]) -> str:
    used = {name: p["latency_ms"]["device"] for name, p in pipelines.items()}
    if len(set(used.values())) == 1:
        return f"timed on {next(iter(used.values()))}"
    return "timed: " + ", ".join(f"{name} on {device}" for name, device in used.items())
