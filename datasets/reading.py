"""A folder to a `Dataset`: finds the format, completes the splits, checks that images decode."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from datasets.annotations import SPLITS, Dataset, DatasetError, LabelledImage
from datasets.images import ImageError, load_image
from datasets.progress import Track, silently
from datasets.splits import complete_splits
from datasets.voc import looks_like_voc, read_voc

FORMATS = ("voc",)


def read_dataset(folder: Path, format_name: str = "auto", track: Track = silently) -> Dataset:
    """Read a labelled set, whatever is wrong with it listed in ``problems``.

    Args:
        folder: where the images and annotations are.
        format_name: one of `FORMATS`, or ``auto`` to find it by looking.
        track: watches the reading.

    Raises:
        DatasetError: the folder is missing or empty, or nothing in it can be used.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise DatasetError(f"{folder}: is not a folder; --dataset takes the folder of a set")
    if format_name == "auto":
        format_name = find_format(folder)
    if format_name != "voc":
        raise DatasetError(f"{format_name}: unknown format; known are {', '.join(FORMATS)}")
    found = read_voc(folder, track)
    if not found.classes:
        raise DatasetError(f"{folder}: no annotation has an object; there is nothing to learn")
    splits, notes = complete_splits(found.images)
    dataset = Dataset(folder.name, format_name, found.classes, splits, (*found.problems, *notes))
    return replace(dataset, problems=(*dataset.problems, *_class_problems(dataset)))


def find_format(folder: Path) -> str:
    """Return the format of the set in the folder.

    Raises:
        DatasetError: nothing in it is known.
    """
    if looks_like_voc(folder):
        return "voc"
    if not any(folder.iterdir()):
        raise DatasetError(f"{folder}: is empty; --dataset takes a folder with labelled images")
    raise DatasetError(
        f"{folder}: no annotations found; Pascal VOC wants an XML file for each image, beside it "
        "or in Annotations/"
    )


def without_broken_images(dataset: Dataset, track: Track = silently, jobs: int = 1) -> Dataset:
    """Return the set without images that do not decode, each named in ``problems``.

    Raises:
        DatasetError: a split has no image left.
    """
    images = [image for split in SPLITS for image in dataset.splits[split]]
    checks = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
        delayed(_why_broken)(image) for image in images
    )
    reasons = list(track(checks, "checking images", len(images)))
    broken = {id(image) for image, reason in zip(images, reasons, strict=True) if reason}
    splits = {
        split: tuple(image for image in found if id(image) not in broken)
        for split, found in dataset.splits.items()
    }
    said = tuple(f"{reason}; left out" for reason in reasons if reason)
    for split, found in splits.items():
        if not found:
            raise DatasetError(f"no image of the {split} split decodes; the first: {said[0]}")
    return replace(dataset, splits=splits, problems=(*dataset.problems, *said))


def limited(dataset: Dataset, images_per_split: int, seed: int) -> Dataset:
    """Return the set with at most that many images a split, drawn at random, in order."""
    random = np.random.default_rng(seed)

    def draw(images: tuple[LabelledImage, ...]) -> tuple[LabelledImage, ...]:
        keep = random.permutation(len(images))[:images_per_split]
        return tuple(images[index] for index in sorted(keep))

    return replace(dataset, splits={split: draw(dataset.splits[split]) for split in SPLITS})


def _why_broken(image: LabelledImage) -> str | None:
    try:
        load_image(image.path)
    except ImageError as error:
        return str(error)
    return None


def _class_problems(dataset: Dataset) -> list[str]:
    boxes = {
        split: Counter(int(label) for image in images for label in image.annotations.labels)
        for split, images in dataset.splits.items()
    }
    return [
        f"class {name}: {boxes['test'][label]} boxes in test but none in train, so neither "
        "pipeline can know it"
        for label, name in enumerate(dataset.classes)
        if boxes["test"][label] and not boxes["train"][label]
    ]
