"""Print what the YOLO-style detector reaches with several seeds, and what it costs.

    python scripts/measure/yolo.py --dataset BCCD --minutes 10 --seeds 0 1 2

Each seed is a run of the main job; cut off, the same command goes on where it was. Figures are of
the test split, which no choice has seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipelines.system.command_line import Options, real, run, whole

COLUMNS = {
    "mAP@.50": (("quality", "map_50"), "{:.3f}"),
    "mAP@[.50:.95]": (("quality", "map_50_95"), "{:.3f}"),
    "training s": (("training", "seconds"), "{:.0f}"),
    "updates": (("training", "updates"), "{}"),
    "waiting": (("training", "waiting_share"), "{:.2%}"),
    "peak MiB": (("memory_mb", "peak_rss"), "{:.0f}"),
    "detect p50 ms": (("latency_ms", "p50"), "{:.1f}"),
    "network ms": (("latency_ms", "stages", "network"), "{:.1f}"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=__doc__)
    parser.add_argument("--dataset", default="sample", help="a folder, or sample")
    parser.add_argument(
        "--minutes", type=real(0, 1e9, above=True), help="of training; by default by the images"
    )
    parser.add_argument("--seeds", nargs="+", type=whole(0), default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--output", type=Path, default=Path("runs/measure-yolo"))
    stopped = "the same command goes on where it was"
    return run("measure_yolo", parser, argv, measured, stopped)


def measured(arguments: argparse.Namespace) -> int:
    """Train, measure and print; return 0, or 2 for what can't be used."""
    from pipelines.benchmark.run import compare
    from pipelines.settings import RunSettings, completed, with_setting

    rows = []
    settings = RunSettings(
        dataset=arguments.dataset, pipelines=("yolo",), train_minutes=arguments.minutes
    )
    for assignment in arguments.set:
        settings = with_setting(settings, assignment)
    settings = completed(settings)
    for seed in arguments.seeds:
        place = arguments.output / f"seed-{seed}"
        begun = place.exists() or place.with_name(f"{place.name}.partial").exists()
        metrics = compare(replace(settings, seed=seed), place, resume=begun)
        rows.append((seed, metrics["pipelines"]["yolo"]))
    show(rows, f"{arguments.dataset}, {metrics['environment']['cpu']}")
    return 0


def show(rows: Sequence[tuple[int, Mapping[str, Any]]], title: str) -> None:
    """Print a row a seed and what device the times are of."""
    from rich.console import Console
    from rich.table import Table

    from pipelines.evaluation.figures import at

    devices = {json.dumps(result["latency_ms"]["device"]) for _, result in rows}
    table = Table(title=f"YOLO: {title}", caption=f"times on {', '.join(sorted(devices))}")
    for name in ("seed", *COLUMNS):
        table.add_column(name, justify="right")
    for seed, result in rows:
        values = [(at(result, path), form) for path, form in COLUMNS.values()]
        texts = ["–" if value is None else form.format(value) for value, form in values]
        table.add_row(str(seed), *texts)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
