"""What is in a set, in numbers: images, boxes, classes, sizes, shapes and how splits compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.annotations import Dataset, Duplicate, LabelledImage
from datasets.boxes import area, xyxy_to_xywh
from datasets.problems import counts

PERCENTILES = (0, 10, 50, 90, 100)
SMALL_PX, LARGE_PX = 32, 96  # sides of COCO's small, medium and large objects
SIZES_LISTED = 10
Percentiles = dict[str, float]  # ``p0`` the least to ``p100`` the largest value; nan of nothing


class SplitCounts(msgspec.Struct, frozen=True):
    """How many images and boxes a split has."""

    images: int
    boxes: int


class ClassStatistics(msgspec.Struct, frozen=True):
    """Images and boxes of a class, and the sides of its boxes in pixels."""

    images: int
    boxes: int
    boxes_by_split: dict[str, int]
    width_px: Percentiles
    height_px: Percentiles


class ImageSizes(msgspec.Struct, frozen=True):
    """How many sizes images have, the most common as width, height and images, and all sides."""

    different: int
    most_common: list[dict[str, int]]
    width: Percentiles
    height: Percentiles


class Statistics(msgspec.Struct, frozen=True):
    """The content of ``inspection.json``.

    Boxes are those that can be used, ignored ones included; the side of a box is the root of its
    area, and ``boxes_by_size`` counts ``small``, ``medium`` and ``large`` ones by it.
    """

    name: str
    format: str
    found: str
    images: int
    images_without_objects: int
    boxes: int
    ignored_boxes: int
    splits: dict[str, SplitCounts]
    classes: dict[str, ClassStatistics]
    image_sizes_px: ImageSizes
    boxes_an_image: Percentiles
    box_side_px: Percentiles
    box_share_of_image: Percentiles
    box_width_to_height: Percentiles
    boxes_by_size: dict[str, int]
    problem_counts: dict[str, int]
    problems: list[str]
    duplicates: tuple[Duplicate, ...]


def statistics(dataset: Dataset) -> Statistics:
    """Return the set in numbers, whatever splits it has."""
    images = [image for found in dataset.splits.values() for image in found]
    boxes = np.concatenate([np.zeros((0, 4)), *(image.annotations.boxes for image in images)])
    per_image = np.array([len(image.annotations) for image in images])
    image_px = np.array([image.width_px * image.height_px for image in images], dtype=np.float64)
    width, height = xyxy_to_xywh(boxes)[:, 2:].T
    side = np.sqrt(area(boxes))
    small, medium, large = np.bincount(np.digitize(side, (SMALL_PX, LARGE_PX)), minlength=3)
    return Statistics(
        name=dataset.name,
        format=dataset.format,
        found=dataset.summary,
        images=len(images),
        images_without_objects=int((per_image == 0).sum()),
        boxes=len(boxes),
        ignored_boxes=sum(int(image.annotations.ignore.sum()) for image in images),
        splits={
            split: SplitCounts(len(found), sum(len(image.annotations) for image in found))
            for split, found in dataset.splits.items()
        },
        classes=_classes(dataset, width, height),
        image_sizes_px=_image_sizes(images),
        boxes_an_image=percentiles(per_image),
        box_side_px=percentiles(side),
        box_share_of_image=percentiles(area(boxes) / np.repeat(image_px, per_image)),
        box_width_to_height=percentiles(width / height),
        boxes_by_size={"small": int(small), "medium": int(medium), "large": int(large)},
        problem_counts=counts(dataset.problems),
        problems=[str(problem) for problem in dataset.problems],
        duplicates=dataset.duplicates,
    )


def percentiles(values: ArrayLike) -> Percentiles:
    """Return some percentiles by name."""
    known = np.asarray(values, dtype=np.float64)
    found = np.percentile(known, PERCENTILES) if known.size else [np.nan] * len(PERCENTILES)
    return {f"p{p}": float(value) for p, value in zip(PERCENTILES, found, strict=True)}


def _classes(
    dataset: Dataset, width: NDArray[np.float64], height: NDArray[np.float64]
) -> dict[str, ClassStatistics]:
    rows_in = {
        split: [image.annotations.labels.tolist() for image in images]
        for split, images in dataset.splits.items()
    }
    boxes_in = {split: Counter(chain(*rows)) for split, rows in rows_in.items()}
    images_with = Counter(label for rows in rows_in.values() for row in rows for label in set(row))
    labels = np.array([*chain(*chain(*rows_in.values()))], dtype=np.int64)
    return {
        name: ClassStatistics(
            images=images_with[label],
            boxes=int((labels == label).sum()),
            boxes_by_split={split: boxes[label] for split, boxes in boxes_in.items()},
            width_px=percentiles(width[labels == label]),
            height_px=percentiles(height[labels == label]),
        )
        for label, name in enumerate(dataset.classes)
    }


def _image_sizes(images: Sequence[LabelledImage]) -> ImageSizes:
    sizes = Counter((image.width_px, image.height_px) for image in images)
    return ImageSizes(
        different=len(sizes),
        most_common=[
            {"width": width, "height": height, "images": count}
            for (width, height), count in sizes.most_common(SIZES_LISTED)
        ],
        width=percentiles([image.width_px for image in images]),
        height=percentiles([image.height_px for image in images]),
    )
