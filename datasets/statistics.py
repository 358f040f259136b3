"""What is in a set, in numbers: images, boxes, classes, sizes, shapes and how splits compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.annotations import LabelledImage
from datasets.boxes import area

PERCENTILES = (0, 10, 50, 90, 100)
SMALL_PX, LARGE_PX = 32, 96  # sides of COCO's small, medium and large objects
SIZES_LISTED = 10


def statistics(
    classes: Sequence[str], splits: Mapping[str, Sequence[LabelledImage]]
) -> dict[str, Any]:
    """Return plain numbers for a JSON file; a percentile of nothing is None.

    Args:
        classes: names in label order.
        splits: images by split.
    """
    images = [image for found in splits.values() for image in found]
    boxes = _stacked([image.annotations.boxes for image in images], (0, 4))
    labels = _stacked([image.annotations.labels for image in images], (0,)).astype(np.int64)
    per_image = np.array([len(image.annotations) for image in images])
    image_px = np.array([image.width_px * image.height_px for image in images], dtype=np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    root = np.sqrt(area(boxes))
    return {
        "images": len(images),
        "images_without_objects": int((per_image == 0).sum()),
        "boxes": len(boxes),
        "ignored_boxes": sum(int(image.annotations.ignore.sum()) for image in images),
        "splits": {
            split: {"images": len(found), "boxes": sum(len(i.annotations) for i in found)}
            for split, found in splits.items()
        },
        "classes": _classes(classes, splits, labels, sides),
        "image_sizes_px": _image_sizes(images),
        "boxes_an_image": percentiles(per_image),
        "box_side_px": percentiles(root),
        "box_share_of_image": percentiles(area(boxes) / np.repeat(image_px, per_image)),
        "box_width_to_height": percentiles(sides[:, 0] / sides[:, 1]),
        "boxes_by_size": {
            "small": int((root < SMALL_PX).sum()),
            "medium": int(((root >= SMALL_PX) & (root < LARGE_PX)).sum()),
            "large": int((root >= LARGE_PX).sum()),
        },
    }


def percentiles(values: ArrayLike) -> dict[str, float | None]:
    """Return some percentiles by name, ``p0`` the least and ``p100`` the largest value."""
    known = np.asarray(values, dtype=np.float64)
    if not known.size:
        return {f"p{p}": None for p in PERCENTILES}
    return {f"p{p}": float(np.percentile(known, p)) for p in PERCENTILES}


def _classes(
    classes: Sequence[str],
    splits: Mapping[str, Sequence[LabelledImage]],
    labels: NDArray[np.int64],
    sides: NDArray[np.float64],
) -> dict[str, Any]:
    boxes_in = {split: _boxes_of_classes(found, len(classes)) for split, found in splits.items()}
    with_class = np.zeros(len(classes), dtype=np.int64)
    for found in splits.values():
        for image in found:
            with_class[np.unique(image.annotations.labels)] += 1
    return {
        name: {
            "images": int(with_class[label]),
            "boxes": int((labels == label).sum()),
            "boxes_by_split": {split: int(counts[label]) for split, counts in boxes_in.items()},
            "width_px": percentiles(sides[labels == label, 0]),
            "height_px": percentiles(sides[labels == label, 1]),
        }
        for label, name in enumerate(classes)
    }


def _boxes_of_classes(images: Sequence[LabelledImage], classes: int) -> NDArray[np.int64]:
    labels = _stacked([image.annotations.labels for image in images], (0,)).astype(np.int64)
    return np.bincount(labels, minlength=classes)


def _image_sizes(images: Sequence[LabelledImage]) -> dict[str, Any]:
    sizes = Counter((image.width_px, image.height_px) for image in images)
    return {
        "different": len(sizes),
        "most_common": [
            {"width": width, "height": height, "images": count}
            for (width, height), count in sizes.most_common(SIZES_LISTED)
        ],
        "width": percentiles([image.width_px for image in images]),
        "height": percentiles([image.height_px for image in images]),
    }


def _stacked(parts: Sequence[NDArray[Any]], empty: tuple[int, ...]) -> NDArray[np.float64]:
    return np.concatenate([*parts, np.zeros(empty)])
