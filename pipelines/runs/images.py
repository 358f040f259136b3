"""The images a finished run was made with, where its data set is still to be had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.annotations import DatasetError, LabelledImage
from datasets.checked_settings import from_json
from datasets.errors import UserError
from datasets.images import ImageError, load_image
from datasets.path_names import leads_out
from datasets.progress import Track
from datasets.reading import read_dataset
from datasets.settings import DatasetSettings
from pipelines.detections import Image
from pipelines.evaluation.coco_files.format import decode_ground_truth, ground_truth_from_coco
from pipelines.runs.data import dataset_folder


def run_dataset(metrics: Mapping[str, Any], said: str | None) -> Path:
    """Return the folder of a run's data set: as the run names it, or where it is now.

    Raises:
        DatasetError: it is not there.
    """
    named = str(metrics["settings"]["dataset"]) if said is None else said
    folder = dataset_folder(named)
    if not folder.is_dir():
        raise DatasetError(f"{named}: the run's data set is not there; give --dataset PATH")
    return folder


def test_images(run: Path, data: Path) -> list[LabelledImage]:
    """Return the test split of a run, by the names its ``ground_truth.json`` has.

    Raises:
        DatasetError: the file can't be read, or an image is not in the folder.
    """
    path = run / "ground_truth.json"
    try:
        coco = decode_ground_truth(path.read_bytes())
        truth = ground_truth_from_coco(coco)
        images = [
            LabelledImage(
                image.file_name,
                _inside(data, image.file_name),
                int(image.width or 0),
                int(image.height or 0),
                annotations,
            )
            for image, annotations in zip(coco.images, truth, strict=True)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: can't be read as a run's ground truth ({error})") from error
    missing = [image.name for image in images if not image.path.is_file()]
    if missing:
        raise DatasetError(
            f"{data}: has no {missing[0]}, which the run was tested on; give --dataset PATH"
        )
    return images


def training_pictures(
    metrics: Mapping[str, Any], data: Path, tested: frozenset[str], most: int, track: Track
) -> list[Image]:
    """Return some training images, decoded, evenly spread; none that the run was tested on.

    Raises:
        DatasetError: the set can't be read.
    """
    settings = metrics["settings"]
    try:
        choices = from_json(DatasetSettings, settings["data"], "settings.data")
    except UserError as error:
        raise DatasetError(f"the run's settings can't be read: {error}") from error
    dataset = read_dataset(data, settings["format"], track, choices)
    images = [image for image in dataset.splits["train"] if image.name not in tested]
    spread = np.linspace(0, len(images) - 1, min(most, len(images))).astype(int)
    made = []
    for place in track(spread, "training pictures", len(spread)):
        try:
            made.append(load_image(images[place].path))
        except ImageError:
            continue  # the run left it out too
    return made


def _inside(folder: Path, name: str) -> Path:
    if leads_out(name):
        raise ValueError(f"{name} leads out of the set's folder")
    return folder / name
