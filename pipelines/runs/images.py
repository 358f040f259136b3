"""The images a finished run was made with, where its data set can still be read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from datasets.annotations import DatasetError, LabelledImage
from datasets.images import ImageError, pixels_of
from datasets.path_names import leads_out
from datasets.progress import Track
from datasets.reading import read_dataset
from pipelines.detections import Image
from pipelines.runs.data import dataset_folder
from pipelines.runs.detection_files import GROUND_TRUTH
from pipelines.runs.finished import FinishedRun
from pipelines.system import runtime


def run_dataset(run: FinishedRun, given: str | None) -> Path:
    """Return the folder of a run's data set: as the run names it, or where it is now.

    Raises:
        DatasetError: it is not there.
        UserError: the run did not train, and so has no data set of its own.
    """
    name = run.settings.dataset if given is None else given
    folder = dataset_folder(name)
    if not folder.is_dir():
        raise DatasetError(f"{name}: the run's data set is not there; give --dataset PATH")
    return folder


def test_images(run: FinishedRun, data: Path) -> list[LabelledImage]:
    """Return the test split of a run, by the names its ``ground_truth.json`` has.

    Raises:
        DatasetError: an image is not in the folder.
        UserError: the run's ground truth is missing or broken.
    """
    annotations = run.annotations()
    truth = run.ground_truth()
    images = [
        LabelledImage(
            image.file_name,
            data / image.file_name,
            int(image.width or 0),
            int(image.height or 0),
            objects,
        )
        for image, objects in zip(truth.images if truth else [], annotations, strict=True)
    ]
    for image in images:
        if leads_out(image.name):
            raise DatasetError(f"{run.folder / GROUND_TRUTH}: {image.name} leads out of {data}")
        if not image.path.is_file():
            raise DatasetError(
                f"{data}: has no {image.name}, which the run was tested on; give --dataset PATH"
            )
    return images


def training_pictures(
    run: FinishedRun, data: Path, tested: frozenset[str], most: int, track: Track
) -> list[Image]:
    """Return some training images, decoded, evenly spread; none that the run was tested on.

    Raises:
        DatasetError: the set can't be read.
        UserError: the run did not train.
    """
    dataset = read_dataset(
        data, run.settings.format, track, run.settings.data, runtime.usable_cores()
    )
    images = [image for image in dataset.splits["train"] if image.name not in tested]
    spread = np.linspace(0, len(images) - 1, min(most, len(images))).astype(int)
    made = []
    for place in track(spread, "training pictures", len(spread)):
        with suppress(ImageError):  # the run left it out too
            made.append(pixels_of(images[place]))
    return made
