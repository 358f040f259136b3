"""The parts of a run that `millions.py` measures, each with made data of as many images as asked.

Each takes the number of images and a folder that all parts of that size share, and returns what its
own work took: making what it works on is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from datasets.near_hashes import families, nearest
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    decode_ground_truth,
    ground_truth_file,
    ground_truth_to_coco,
)
from pipelines.evaluation.conventions import by_convention
from pipelines.evaluation.error_types import error_costs
from pipelines.evaluation.lost_objects import lost_objects, reach
from pipelines.evaluation.matching import outcomes
from pipelines.evaluation.operating_point import operating_point
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.reliability import reliability
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.evaluation.resampling import resampled
from pipelines.runs.detection_files import (
    GROUND_TRUTH,
    read_detections,
    write_detections,
    write_ground_truth,
)
from scripts.measure.common import Cost, costly, opened
from scripts.measure.scale import make_set
from scripts.measure.scoring import simulated

BOXES, DETECTIONS, CLASSES = 7.3, 66, 80  # of an image, as COCO's; and classes
NAMES = tuple(map(str, range(CLASSES)))


def set_read(images: int, place: Path) -> Cost:
    """Return what a COCO set takes to read and check; no image is decoded."""
    make_set(place / "set", images, round(BOXES * images))
    return costly(lambda: opened(str(place / "set")))[1]


def copies_found(images: int, place: Path) -> Cost:
    """Return what looking for images that are nearly alike takes, in one split and across two.

    Of a hundred images one is nearly another.
    """
    del place
    random = np.random.default_rng(0)
    made = random.integers(2**64, size=images, dtype=np.uint64)
    some = max(images // 100, 1)
    made[-some:] = made[:some] ^ (np.uint64(1) << random.integers(64, size=some, dtype=np.uint64))
    half = images // 2
    return costly(lambda: (families(made, 4), nearest(made[:half], made[half:], 4)))[1]


def results_written(images: int, place: Path) -> Cost:
    """Return what writing ground truth and detections takes."""
    size = images, round(BOXES * images), DETECTIONS * images
    truth, (found, _) = simulated(*size, CLASSES, 0)

    def write() -> None:
        write_ground_truth(place, ground_truth_to_coco(truth, NAMES))
        write_detections(place, "made", found)

    return costly(write)[1]


def results_read(images: int, place: Path) -> Cost:
    """Return what reading them takes."""
    return costly(lambda: saved(images, place))[1]


def saved(images: int, place: Path) -> tuple[EvaluationImages, list[Detections]]:
    """Return the ground truth and the detections that were written, or are now."""
    if not (place / GROUND_TRUTH).is_file():
        results_written(images, place)
    truth = ground_truth_file(decode_ground_truth((place / GROUND_TRUTH).read_bytes()), "made")
    return EvaluationImages(truth.annotations, NAMES), read_detections(place, "made", images)


def scored(images: int, place: Path) -> Cost:
    """Return what all figures of one detector take, as `judge` computes them, without intervals."""
    test, found = saved(images, place)
    truth = test.ground_truth

    def score() -> None:
        given = evaluation_set(truth, found, NAMES)
        quality_of(given)
        by_convention(given)
        error_costs(given)
        point = operating_point(truth, found, NAMES, None)
        reaches = [{"detections": reach(*each)} for each in zip(truth, found, strict=True)]
        lost_objects(truth, found, reaches, point.threshold)
        reliability(*outcomes(truth, found))

    return costly(score)[1]


def resampled_often(images: int, place: Path) -> Cost:
    """Return what all figures in 1,000 resamples of the images take."""
    test, found = saved(images, place)
    given, units = evaluation_set(test.ground_truth, found, NAMES), test.units
    return costly(lambda: resampled(given, units.counts(0), unit=units.group))[1]


def report_written(run: Path, dataset: str | None, images: int, place: Path) -> Cost:
    """Return what the report takes to write; print its size and what a browser takes to open it.

    It is of a finished run whose test images are repeated.
    """
    from datasets.progress import silently
    from pipelines.report.run_page.page import write_report
    from pipelines.runs.data import dataset_folder
    from pipelines.runs.finished import open_run
    from scripts.measure.report import STEP_MS, repeat
    from scripts.measure.report import opened as opened_in_browser

    finished, folder = open_run(run), place / "report"
    data = dataset_folder(dataset or finished.settings.dataset)
    paths = {name: data / file for name, file in repeat(finished, folder, images).items()}
    report, cost = costly(lambda: write_report(folder, paths, silently))
    print(f"report of {images:,} images: {report.stat().st_size / 1e6:.2f} MB", flush=True)
    print(opened_in_browser(report, STEP_MS, "the slowest of 20 next images"), flush=True)
    return cost


PARTS: Mapping[str, Callable[[int, Path], Cost]] = {
    "reading": set_read,
    "near-copies": copies_found,
    "results-written": results_written,
    "results-read": results_read,
    "scoring": scored,
    "bootstrap": resampled_often,
}
