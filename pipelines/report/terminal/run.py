"""The closing tables: all detectors side by side, every figure as ``metrics.json`` has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipelines.evaluation.conventions import WHY
from pipelines.evaluation.figures import at, iou_name, named_figure
from pipelines.report.wording import called

UNKNOWN = "–"
HEADLINE = {
    "map_50": "mAP@.50",
    "map_50_95": "mAP@[.50:.95]",
    "map_75": "mAP@.75",
    "small": "  small objects",
    "medium": "  medium",
    "large": "  large",
    "average_recall": "average recall",
}


def closing_tables(metrics: Mapping[str, Any]) -> Iterator[Table]:
    """Give what a run ends with: figures, verdicts, where mAP and objects are lost, conventions."""
    yield closing_table(metrics)
    if len(metrics["comparison"]) > 1:
        yield verdict_table(metrics)
    yield losses_table(metrics["pipelines"])
    yield conventions_table(metrics["pipelines"])


def closing_table(metrics: Mapping[str, Any]) -> Table:
    """Return the table of a run's figures; one that does not exist is a dash.

    With two detectors the last column says what the difference is worth.
    """
    dataset, pipelines = metrics["dataset"], metrics["pipelines"]
    test = dataset["splits"]["test"]
    most = max(p["quality"]["max_detections"] for p in pipelines.values())
    table = Table(
        title=f"{dataset['name']}: {test['images']} test images, {test['boxes']} boxes",
        caption=f"{_machine(metrics)}\n95 % intervals in brackets, by bootstrap over the images; "
        f"at most {most} detections of a class count in an image",
    )
    table.add_column("")
    for name in headings(pipelines):
        table.add_column(name, justify="right")
    pairs = metrics["comparison"]
    only = next(iter(pairs.values())) if len(pairs) == 1 else None
    if only is not None:
        table.add_column(_pair_heading(next(iter(pairs)), pipelines))
    for figure, label in quality_rows(metrics):
        row = [_with_interval(p["quality"], figure) for p in pipelines.values()]
        verdict = [verdict_text(only.get(figure))] if only is not None else []
        if set(row) != {UNKNOWN}:
            table.add_row(label, *row, *verdict)
    table.add_section()
    for label, path, form in COSTS:
        row = [_shown(at(p, path), form) for p in pipelines.values()]
        if set(row) != {UNKNOWN}:
            table.add_row(label, *row)
    return table


def headings(pipelines: Mapping[str, Any]) -> list[str]:
    """Return what each detector is called; what had seen other images before says so."""
    return [called(name, told) for name, told in pipelines.items()]


def _pair_heading(pair: str, pipelines: Mapping[str, Any]) -> str:
    return " against ".join(called(name, pipelines.get(name)) for name in pair.split("_minus_"))


def verdict_table(metrics: Mapping[str, Any]) -> Table:
    """Return what each difference between two of several detectors is worth."""
    table = Table(title="differences, the first less the second")
    table.add_column("")
    pairs = metrics["comparison"]
    for name in pairs:
        table.add_column(_pair_heading(name, metrics["pipelines"]))
    for figure, label in quality_rows(metrics):
        table.add_row(label, *(verdict_text(pair.get(figure)) for pair in pairs.values()))
    return table


def losses_table(pipelines: Mapping[str, Any]) -> Table:
    """Return what each kind of mistake costs, and why objects are not found."""
    table = Table(
        title="what is lost, and where",
        caption="cost: how much mAP@.50 would rise without that kind of mistake (TIDE); "
        "objects not found at the score best for F1, and what each stage could still reach",
    )
    table.add_column("")
    for name in headings(pipelines):
        table.add_column(name, justify="right")
    qualities = [p["quality"] for p in pipelines.values()]
    for group, label, form in (
        ("errors", "cost of {}", "{:.3f}"),
        ("lost", "objects {}", "{}"),
        ("recall_ceiling", "recall after {}", "{:.3f}"),
    ):
        table.add_section()
        keys = dict.fromkeys(key for quality in qualities for key in quality[group])
        # What only one detector has comes first, as its stages before the last do.
        for key in sorted(keys, key=lambda key: sum(key in each[group] for each in qualities)):
            shown = (_shown(quality[group].get(key), form) for quality in qualities)
            table.add_row(label.format(key.replace("_", " ")), *shown)
    return table


def conventions_table(pipelines: Mapping[str, Any]) -> Table:
    """Return the same detections under every convention, and in a line why they differ."""
    table = Table(title="mAP@.50 of the same detections by convention")
    table.add_column("")
    for name in headings(pipelines):
        table.add_column(name, justify="right")
    table.add_column("why it differs")
    for convention, why in WHY.items():
        told = [p["quality"]["conventions"][convention]["map_50"] for p in pipelines.values()]
        label = convention.replace("_", " ")
        table.add_row(label, *(_shown(value, "{:.4f}") for value in told), why)
    return table


def quality_rows(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the figures of quality, by name, and what the table calls them."""
    classes = [
        (f"per_class.{name}.ap_50", f"  AP@.50 {escape(name)}")
        for name in metrics["dataset"]["classes"]
    ]
    first, *rest = HEADLINE.items()
    asked = metrics["settings"].get("iou")
    extra = [] if asked is None else [(f"map_{iou_name(asked)}", f"mAP@{asked:g}")]
    return [first, *classes, *rest, *extra]


def verdict_text(told: Mapping[str, Any] | None) -> str:
    """Return a difference in words: never only which is larger."""
    if told is None or told["difference"] is None:
        return UNKNOWN
    low, high = told["interval_95"]
    known = low is not None and high is not None
    span = f"{told['difference']:+.3f}" + (f" [{low:+.3f} {high:+.3f}]" if known else "")
    if told["verdict"] != "cannot_tell":
        return f"{told['verdict']}\n{span}"
    settle = told["images_to_settle"]
    about = "" if settle is None else f"\n(about {settle:,} would)"
    return f"cannot tell with {told['images']} images{about}\n{span}"


COSTS: Sequence[tuple[str, tuple[str, ...], str]] = (
    ("latency p50", ("latency_ms", "p50"), "{:.1f} ms"),
    ("latency p90", ("latency_ms", "p90"), "{:.1f} ms"),
    ("latency p99", ("latency_ms", "p99"), "{:.1f} ms"),
    ("first call", ("latency_ms", "first_call"), "{:.1f} ms"),
    ("images a second", ("throughput", "batch_1"), "{:.1f}"),
    ("  in the best batch", ("throughput", "best"), "{:.1f}"),
    ("energy an image", ("throughput", "joules_per_image"), "{:.2f} J"),
    ("training", ("training", "seconds"), "{:.0f} s"),
    ("parameters", ("model", "parameters"), "{:,}"),
    ("on disk", ("model", "disk_mb"), "{:.1f} MiB"),
    ("peak memory, training", ("memory_mb", "peak_rss"), "{:.0f} MiB"),
    ("peak memory, detecting", ("memory_mb", "detecting_peak_rss"), "{:.0f} MiB"),
    ("peak GPU memory, training", ("memory_mb", "peak_gpu"), "{:.0f} MiB"),
    ("peak GPU memory, detecting", ("memory_mb", "detecting_peak_gpu"), "{:.0f} MiB"),
)


def _with_interval(quality: Mapping[str, Any], figure: str) -> str:
    value, interval = named_figure(quality, figure)
    if value is None:
        return UNKNOWN
    shown = f"{value:.3f}"
    return shown if interval is None else f"{shown}\n[{interval[0]:.3f} {interval[1]:.3f}]"


def _shown(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else form.format(value)


def _machine(metrics: Mapping[str, Any]) -> str:
    environment = metrics["environment"]
    used = {
        name: p["latency_ms"]["device"]
        for name, p in metrics["pipelines"].items()
        if p["latency_ms"] is not None
    }
    if not used:
        return f"{environment['cores']} cores"
    devices = ", ".join(f"{name} on {device}" for name, device in used.items())
    if len(set(used.values())) == 1:
        devices = next(iter(used.values()))
    threads = ", ".join(
        f"{library} {count}" for library, count in environment["threads"].items() if count
    )
    return f"timed on {devices}; {environment['cores']} cores; threads: {threads}"
