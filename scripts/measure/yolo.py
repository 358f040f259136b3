"""Print what the YOLO-style detector reaches with several seeds, and what it costs.

    python scripts/measure/yolo.py --dataset BCCD --minutes 10 --seeds 0 1 2

Each seed is a run of the main job; cut off, the same command goes on where it was. Figures are of
the test split, which no choice has seen.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.runs.metrics import DetectorMetrics
from pipelines.system.command_line import Options, command, real, whole
from scripts.measure.common import print_table

NAME = "yolo"
STOPPED = "the same command goes on where it was"
COLUMNS = (
    *("seed", "mAP@.50", "mAP@[.50:.95]", "training s", "updates"),
    *("waiting", "peak MiB", "detect p50 ms", "network ms"),
)

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--dataset", default="sample", help="a folder, or sample")
option("--set", action="append", default=[], metavar="NAME=VALUE")
option("--minutes", type=real(0, 1e9, above=True), help="of training; by default by the images")
option("--seeds", nargs="+", type=whole(0), default=[0, 1, 2])
option("--output", type=Path, default=Path("runs/measure-yolo"))


@command("measure_yolo", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Train, measure and print; return 0."""
    from pipelines.benchmark.run import compare
    from pipelines.settings import RunSettings, completed, with_setting

    settings = RunSettings(
        dataset=arguments.dataset, pipelines=(NAME,), train_minutes=arguments.minutes
    )
    settings = completed(reduce(with_setting, arguments.set, settings))
    rows = []
    for seed in arguments.seeds:
        place = arguments.output / f"seed-{seed}"
        begun = place.exists() or place.with_name(f"{place.name}.partial").exists()
        metrics = compare(replace(settings, seed=seed), place, resume=begun)
        rows.append([str(seed), *row(metrics.pipelines[NAME])])
    print_table(f"YOLO: {arguments.dataset}, {metrics.environment.cpu}", COLUMNS, rows)
    return 0


def row(figures: DetectorMetrics) -> list[str]:
    """Return the columns of one training."""
    quality, latency = figures.quality, figures.latency_ms
    training, memory = figures.training, figures.memory_mb
    if latency is None or training is None or memory is None:
        raise TypeError(f"{NAME} was not trained")  # not the result of a comparison
    return [
        f"{quality.map_50:.3f}",
        f"{quality.map_50_95:.3f}",
        f"{training.seconds:.0f}",
        str(training.updates),
        f"{training.waiting_share:.2%}",
        f"{memory.peak_rss:.0f}",
        f"{latency.p50:.1f}, {latency.device}",
        f"{latency.stages['network']:.1f}",
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
