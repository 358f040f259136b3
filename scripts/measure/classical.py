"""Print what the classical detector costs: training by number of images, detection by image size.

Each training runs in a process of its own, so that its peak memory is its own. Detection is timed
on the validation images at half, once and twice their size, stage by stage.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from datasets.annotations import Dataset
from models.classical.settings import ClassicalSettings
from pipelines.system.command_line import Options, run, whole

SHARES = (0.25, 0.5, 1.0)  # of the training images
SCALES = (0.5, 1.0, 2.0)  # of the images' sides
TIMED, WARM_UP = 40, 2  # images a size, and calls left out


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=__doc__)
    parser.add_argument("--dataset", default="sample", help="a folder, or sample")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    return run("measure_classical", parser, argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0, or 2 for data that can't be used."""
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder
    from pipelines.settings import RunSettings, with_setting
    from pipelines.system.processes import in_own_process

    sample = arguments.dataset == "sample"
    dataset = read_dataset(sample_folder() if sample else Path(arguments.dataset))
    settings = RunSettings()
    for assignment in arguments.set:
        settings = with_setting(settings, assignment)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        trained = [
            in_own_process(train_once, dataset, share, settings.classical, arguments.seed, place)
            for share in SHARES
        ]
        detected = in_own_process(detect_all, dataset, place)
    show(trained, detected, dataset.name)
    return 0


def train_once(
    dataset: Dataset, share: float, settings: ClassicalSettings, seed: int, folder: Path
) -> dict[str, float]:
    """Train on a share of the images, save the detector and return images, seconds and MB."""
    from pipelines.classical.storage import save_classical
    from pipelines.classical.training import train_classical
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    train = dataset.splits["train"]
    train = train[: max(1, round(share * len(train)))]
    started = time.perf_counter()
    detector = train_classical(
        train, dataset.splits["val"], dataset.classes, settings, seed, on_terminal, threads
    )
    seconds = time.perf_counter() - started
    save_classical(detector, folder)
    return {"images": len(train), "seconds": seconds, "peak_mb": runtime.peak_rss_mb()}


def detect_all(dataset: Dataset, folder: Path) -> list[dict[str, float]]:
    """Return for each scale the mean image size, the p50 and the mean of each stage in ms."""
    import cv2

    from datasets.images import load_image
    from pipelines.classical.storage import load_classical
    from pipelines.evaluation.timing.latency import measure_latency
    from pipelines.system import runtime

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    detector = load_classical(folder, threads)
    originals = [load_image(image.path) for image in dataset.splits["val"][:TIMED]]
    rows = []
    for scale in SCALES:
        images = [
            np.asarray(cv2.resize(image, None, fx=scale, fy=scale), np.uint8) for image in originals
        ]
        latency = measure_latency(
            {"classical": detector},
            lambda number, images=images: images[number % len(images)],  # type: ignore[misc]
            samples=TIMED,
            warm_up=WARM_UP,
            clock=time.perf_counter,
            synchronise=lambda: None,
        )["classical"]
        pixels = float(np.mean([image.shape[0] * image.shape[1] for image in images]))
        rows.append({"megapixels": pixels / 1e6, "p50": latency.p50, **latency.stages})
    return rows


def show(
    trained: Sequence[dict[str, float]], detected: Sequence[dict[str, float]], name: str
) -> None:
    """Print both tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    for title, rows in (("Training", trained), ("Detection, ms", detected)):
        table = Table(title=f"{title}: {name}")
        for column in rows[0]:
            table.add_column(column, justify="right")
        for row in rows:
            table.add_row(*(f"{value:.4g}" for value in row.values()))
        console.print(table)


if __name__ == "__main__":
    raise SystemExit(main())
