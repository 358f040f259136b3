"""Print what pre-training gives with few images and with all, beside random weights.

    python scripts/measure/transfer.py --weights FILE --cell cards=50,4 bccd=0,10

Each cell ``SET=IMAGES,MINUTES`` is a run of the main job on a set with that many of its training
images, 0 for all, and its whole validation and test splits; the networks are trained for so many
minutes each. Cut off, the same command goes on where it was. Figures are of the test split.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from datasets.errors import UserError
from pipelines.runs.metrics import DetectorMetrics
from pipelines.settings import RunSettings, with_setting
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import opened, print_table

STOPPED = "the same command goes on where it was"
COLUMNS = (
    *("images", "minutes", "network", "mAP@.50", "mAP@[.50:.95]", "updates"),
    *("training s", "peak MiB", "detect p50 ms"),
)


@dataclass(frozen=True)
class MeasuredCell:
    """A set, how many of its training images (0 for all), and the minutes of each training."""

    dataset: str
    images: int
    minutes: float

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        return f"{Path(self.dataset).name}-{self.images or 'all'}-{self.minutes:g}"


def cell(text: str) -> MeasuredCell:
    """Return the cell written as ``SET=IMAGES,MINUTES``.

    Raises:
        ValueError: it is not written so.
    """
    dataset, _, numbers = text.rpartition("=")
    images, minutes = numbers.split(",")
    return MeasuredCell(dataset, int(images), float(minutes))


OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--weights", required=True, help="imagenet, or a file of the backbone's weights")
option("--cell", type=cell, nargs="+", required=True, metavar="SET=IMAGES,MINUTES")
option("--networks", nargs="+", default=["transfer", "random"], help="of transfer, random, yolo")
option("--set", action="append", default=[], metavar="NAME=VALUE")
option("--seed", type=whole(0), default=0)
option("--output", type=Path, default=Path("runs/measure-transfer"))


@command("measure_transfer", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Train, measure and print; return 0."""
    from pipelines.benchmark.run import compare

    rows = []
    for each in arguments.cell:
        place = arguments.output / each.name
        folder = place / "set"
        if not folder.exists():
            write_part(each, folder, arguments.seed)
        for network in arguments.networks:
            settings = settings_of(network, each, folder, arguments)
            output = place / network
            begun = output.exists() or output.with_name(f"{network}.partial").exists()
            metrics = compare(settings, output, resume=begun, axes=())
            (figures,) = metrics.pipelines.values()
            rows.append([Path(each.dataset).name, *row(each, network, figures)])
    print_table(f"Pre-trained or not, {metrics.environment.cpu}", ("set", *COLUMNS), rows)
    return 0


def settings_of(
    network: str, each: MeasuredCell, folder: Path, arguments: argparse.Namespace
) -> RunSettings:
    """Return the settings of one training.

    Raises:
        UserError: there is no such network.
    """
    if network not in {"transfer", "random", "yolo"}:
        raise UserError(f"--networks takes transfer, random and yolo, not {network!r}")
    weights = "none" if network == "random" else arguments.weights
    settings = RunSettings(
        dataset=str(folder),
        pipelines=("yolo" if network == "yolo" else "transfer",),
        train_minutes=each.minutes,
        seed=arguments.seed,
        annotate=0,
    )
    changes = [f"transfer.backbone_weights={weights}", *arguments.set]
    return reduce(with_setting, changes, settings)


def write_part(each: MeasuredCell, folder: Path, seed: int) -> None:
    """Write the set with some of its training images, as COCO."""
    from datasets.conversion import convert
    from pipelines.runs.data import dataset_folder
    from pipelines.studies.data.plan import subset

    dataset = opened(each.dataset)
    if each.images:
        train = subset(dataset.splits["train"], each.images, seed)
        dataset = replace(dataset, splits={**dataset.splits, "train": train})
    convert(dataset, dataset_folder(each.dataset), "coco", folder)


def row(each: MeasuredCell, network: str, figures: DetectorMetrics) -> list[str]:
    """Return the columns of one training."""
    quality, latency = figures.quality, figures.latency_ms
    training, memory = figures.training, figures.memory_mb
    if latency is None or training is None or memory is None:
        raise TypeError(f"{network} was not trained")  # not the result of a comparison
    return [
        str(training.images),
        f"{each.minutes:g}",
        network,
        f"{quality.map_50:.3f}",
        f"{quality.map_50_95:.3f}",
        str(training.updates),
        f"{training.seconds:.0f}",
        f"{memory.peak_rss:.0f}",
        f"{latency.p50:.1f}",
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
