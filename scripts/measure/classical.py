"""Print what the classical detector costs: training by number of images, detection by image size.

Each training runs in a process of its own, so that its peak memory is its own. Detection is timed
on the validation images at half, once and twice their size, stage by stage.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from datasets.annotations import Dataset
from pipelines.settings import RunSettings, with_setting
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import costly, loaded, opened, print_table

NAME = "classical"
SHARES = (0.25, 0.5, 1.0)  # of the training images
SCALES = (0.5, 1.0, 2.0)  # of the images' sides
TIMED, WARM_UP = 40, 2  # images a size, and calls left out

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--dataset", default="sample", help="a folder, or sample")
option("--set", action="append", default=[], metavar="NAME=VALUE")
option("--seed", type=whole(0), default=0)


@command("measure_classical", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    from pipelines.system.processes import in_own_process

    dataset = opened(arguments.dataset)
    settings = reduce(with_setting, arguments.set, RunSettings(seed=arguments.seed))
    with TemporaryDirectory() as folder:
        place = Path(folder)
        trained = [in_own_process(train_once, dataset, share, settings, place) for share in SHARES]
        detected = in_own_process(detect_all, dataset, place)
    for title, rows in (("Training", trained), ("Detection, ms", detected)):
        texts = [[f"{value:.4g}" for value in row.values()] for row in rows]
        print_table(f"{title}: {dataset.name}", list(rows[0]), texts)
    return 0


def train_once(
    dataset: Dataset, share: float, settings: RunSettings, folder: Path
) -> dict[str, float]:
    """Train on a share of the images, save the detector and return images, seconds and MiB."""
    from pipelines.contenders import contender
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal
    from pipelines.training import TrainingJob

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    train = dataset.splits["train"]
    train = train[: max(1, round(share * len(train)))]
    dataset = replace(dataset, splits={**dataset.splits, "train": train})
    job = TrainingJob(dataset, settings, folder, threads, on_terminal)
    _, cost = costly(lambda: contender(NAME).train(job))
    return {"images": len(train), "seconds": cost.seconds, "peak_mb": cost.peak_mib}


def detect_all(dataset: Dataset, folder: Path) -> list[dict[str, float]]:
    """Return for each scale the mean image size, the p50 and the mean of each stage in ms."""
    import cv2

    from datasets.images import pixels_of
    from pipelines.evaluation.timing import measure_latency

    detector, device = loaded(NAME, folder, "cpu")
    originals = [pixels_of(image) for image in dataset.splits["val"][:TIMED]]
    rows = []
    for scale in SCALES:
        images = [
            np.asarray(cv2.resize(image, None, fx=scale, fy=scale), np.uint8) for image in originals
        ]
        latency = measure_latency(
            {NAME: detector},
            lambda number, images=images: images[number % len(images)],  # type: ignore[misc]
            samples=TIMED,
            warm_up=WARM_UP,
            clock=time.perf_counter,
            synchronise=device.synchronise,
        )[NAME]
        megapixels = float(np.mean([image.size / 3 for image in images])) / 1e6
        rows.append({"megapixels": megapixels, "p50": latency.p50, **latency.stages})
    return rows


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
