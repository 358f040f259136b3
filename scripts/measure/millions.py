"""Measure what each part of a run costs with more and more images, and how it grows.

    python scripts/measure/millions.py                      # 1,000, 10,000 and 100,000 images
    python scripts/measure/millions.py --sizes 1000 10000   # in a few minutes
    python scripts/measure/millions.py --run runs/sample    # with training and the report

Sets, hashes and detections are made: small images with as many boxes as COCO's, and 66 detections
an image in 80 classes. Each part has a process of its own at each size, so that the memory beside
it is its own, what it was given included. What 10 million images would cost is extrapolated from
the two largest sizes, by the growth between them or linearly, whichever is more. With a finished
run, its test images are repeated until a report is of so many, and what its trainings and calls
took says what others would.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import Cost, print_table

if TYPE_CHECKING:
    from pipelines.runs.metrics import DetectorMetrics

BEYOND = 10_000_000
FASTER = 1.1  # growth from which on it is more than linear, and what sorting and a disk add

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--sizes", type=whole(2), nargs="+", default=[1000, 10_000, 100_000], metavar="N")
option("--parts", nargs="+", metavar="NAME", help="only some, as reading or bootstrap")
option("--run", type=Path, metavar="RUN", help="folder of a finished comparison")
option("--dataset", help="where its data is, if not where the run found it")


@command("measure_millions", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 1 if a part grows faster than the images, else 0."""
    from datasets.errors import UserError
    from pipelines.runs.finished import open_run
    from pipelines.system.processes import in_own_process
    from scripts.measure.millions_parts import PARTS, report_written

    sizes, run = sorted({*arguments.sizes}), arguments.run
    parts = dict(PARTS)
    if run is not None:
        parts["report"] = partial(report_written, run, arguments.dataset)
    if strange := {*(wanted := arguments.parts or [*parts])} - {*parts}:
        raise UserError(f"--parts {' '.join(sorted(strange))}: known are {', '.join(parts)}")
    costs: dict[str, dict[int, Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="millions-") as name:
        for size in sizes:
            place = Path(name) / str(size)
            place.mkdir()
            for part in (part for part in parts if part in wanted):
                cost = in_own_process(parts[part], size, place)
                costs.setdefault(part, {})[size] = cost
                print(f"{part}, {size:,} images: {in_words(cost)}", flush=True)
    rows = [row(part, each) for part, each in costs.items()]
    columns = ("part", *(f"{size:,}" for size in sizes), "growth", f"{BEYOND:,}, extrapolated")
    print_table("Seconds and the most memory", columns, rows)
    if run is not None:
        of_run(open_run(run).metrics.pipelines, sizes)
    faster = [part for part, each in costs.items() if growth(each) > FASTER]
    for part in faster:
        print(f"{part}: grows faster than the images")
    return 1 if faster else 0


def growth(costs: Mapping[int, Cost]) -> float:
    """Return the power of the number of images that seconds grow by, of the two largest sizes."""
    if len(costs) < 2:
        return 1.0
    (few, before), (many, after) = sorted(costs.items())[-2:]
    return math.log(after.seconds / before.seconds) / math.log(many / few)


def row(part: str, costs: Mapping[int, Cost]) -> list[str]:
    """Return what a part took at each size, how it grew and what `BEYOND` images would take."""
    ordered = sorted(costs.items())
    many, last = ordered[-1]
    seconds = last.seconds * (BEYOND / many) ** max(growth(costs), 1.0)
    mib = last.peak_mib
    for (few, before), (more, after) in pairwise(ordered[-2:]):
        mib += max(after.peak_mib - before.peak_mib, 0.0) / (more - few) * (BEYOND - many)
    return [
        part,
        *(f"{duration(each.seconds)}, {memory(each.peak_mib)}" for _, each in ordered),
        f"{growth(costs):.2f}",
        f"{duration(seconds)}, {memory(mib)}",
    ]


def of_run(detectors: Mapping[str, DetectorMetrics], sizes: Sequence[int]) -> None:
    """Print what training and detecting take by what they took in a run."""
    from models.yolo.schedule import default_updates
    from models.yolo.settings import TransferSettings, YoloSettings

    settings = {"yolo": YoloSettings(), "transfer": TransferSettings()}
    many = (*sizes, BEYOND)
    rows = []
    for name, each in detectors.items():
        if each.throughput is not None:
            rate = each.throughput.best
            times = (duration(images / rate) for images in many)
            rows.append([f"{name}: detecting, {rate:.0f} a second", *times])
        if each.training is not None and each.training.updates and name in settings:
            a_call = each.training.seconds / each.training.updates
            updates = [default_updates(images, settings[name]) for images in many]
            times = (f"{count:,}, {duration(count * a_call)}" for count in updates)
            rows.append([f"{name}: updates of {1000 * a_call:.0f} ms", *times])
    columns = ("by the run", *(f"{images:,}" for images in many))
    print_table("What follows from the run's own times", columns, rows)


def in_words(cost: Cost) -> str:
    """Return time and memory as a text."""
    return f"{cost.seconds:.2f} s, {cost.cpu_seconds:.1f} s of all cores, {memory(cost.peak_mib)}"


def duration(seconds: float) -> str:
    """Return a time in the unit that fits it."""
    for unit, least in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * least:
            return f"{short(seconds / least)} {unit}"
    return f"{short(seconds)} s"


def memory(mib: float) -> str:
    """Return memory in the unit that fits it."""
    return f"{short(mib / 1024)} GiB" if mib >= 1024 else f"{mib:.0f} MiB"


def short(value: float) -> str:
    """Return a number with three digits, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
