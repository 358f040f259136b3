"""Ground truth and detections of a run as files in COCO's format, written and read back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from datasets.annotations import Dataset
from datasets.regular_files import content
from pipelines.detections import Detections
from pipelines.evaluation import undefined
from pipelines.evaluation.coco_files import format as coco
from pipelines.evaluation.coco_files.own_detections import decode_detections, detection_rows
from pipelines.system.files import write_json, write_json_rows

GROUND_TRUTH, DETECTIONS = "ground_truth.json", "detections"
ROWS = 10_000  # of detections written together
REPEATS = "repeats"  # folder of what further trainings found


def repeat_folder(run: Path, seed: int) -> Path:
    """Return where of a run is what the further trainings from that seed found, as in the run."""
    return run / REPEATS / str(seed)


def split_truth(dataset: Dataset, split: str) -> coco.CocoGroundTruth:
    """Return a split's ground truth, with the names and sizes of its images."""
    images = dataset.splits[split]
    annotations = [image.annotations for image in images]
    return coco.with_files(coco.ground_truth_to_coco(annotations, dataset.classes), images)


def write_ground_truth(folder: Path, truth: coco.CocoGroundTruth) -> None:
    """Write ``ground_truth.json`` into the folder."""
    write_json(folder / GROUND_TRUTH, undefined.plain(truth))


def write_detections(folder: Path, name: str, detections: Sequence[Detections]) -> None:
    """Write ``detections/<name>.json`` into the folder, some rows at a time."""
    rows = detection_rows(detections)
    parts = iter(lambda: [*islice(rows, ROWS)], [])
    write_json_rows(folder / DETECTIONS / f"{name}.json", map(undefined.plain, parts))


def read_detections(folder: Path, name: str, images: int) -> list[Detections]:
    """Return what `write_detections` wrote, of that many images.

    Raises:
        OSError: the file can't be read.
        ValueError: it is not sound.
        LookupError: it is of other images.
    """
    path = folder / DETECTIONS / f"{name}.json"
    return decode_detections(content(path), images)
