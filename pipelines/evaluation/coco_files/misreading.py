"""Whether a results file would fit the ground truth far better if it were read another way.

Each other reading is tried: corners instead of sizes, ids counted from 0, and so on. If one meets
many objects that the file as it stands does not, the file means that, and scoring it would give 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pipelines.evaluation.coco_files.format import GroundTruthFile
from pipelines.evaluation.coco_files.results import Rows, as_detections
from pipelines.evaluation.pairs import FlatObjects, flat_detections, flat_objects, overlapping

MET_IOU = 0.5
LEAST_SHARE, LEAST_OBJECTS = 0.2, 5  # another reading has to meet so many objects to be believed
TIMES = 3  # and so many times as many as the file as it stands


def misreading(rows: Rows, truth: GroundTruthFile) -> str | None:
    """Return what the file seems to mean instead, None if it is right as it stands."""
    objects = flat_objects(truth.annotations)
    wanted = int((~objects.ignore).sum())
    met = objects_met(rows, objects, len(truth.annotations))
    for meaning, other in _other_readings(rows, truth):
        then = objects_met(other, objects, len(truth.annotations))
        if then >= max(LEAST_SHARE * wanted, LEAST_OBJECTS, TIMES * met + 1):
            return (
                f"{meaning}: read so, it meets {then} of {wanted} objects, and as it stands {met}"
            )
    return None


def objects_met(rows: Rows, objects: FlatObjects, images: int) -> int:
    """Return how many objects a detection of their class overlaps by half."""
    found = flat_detections(as_detections(rows, images))
    pairs = overlapping(found, objects, MET_IOU, same_class=True)
    return len(np.unique(pairs.object[~objects.ignore[pairs.object]]))


def _other_readings(rows: Rows, truth: GroundTruthFile) -> Iterator[tuple[str, Rows]]:
    first, second = rows.bbox[:, :2], rows.bbox[:, 2:]
    corners_and_sizes = {
        "left, top, right, bottom": (first, second - first),
        "the middle, width and height": (first - second / 2, second),
        "top, left, height, width": (first[:, ::-1], second[:, ::-1]),
    }
    boxes = {
        f"boxes are {meaning}, not left, top, width, height": np.hstack([at, np.maximum(size, 0)])
        for meaning, (at, size) in corners_and_sizes.items()
    }
    for meaning, bbox in boxes.items():
        yield meaning, replace(rows, bbox=bbox)
    if not np.isnan(truth.sizes).any() and rows.bbox.size and np.abs(rows.bbox).max() <= 2:
        shares, pixels = "boxes are shares of the image's size, not pixels", truth.sizes[rows.image]
        as_they_stand = np.hstack([first, np.maximum(second, 0)])
        for meaning, bbox in {"": as_they_stand, **boxes}.items():
            also = f", and {meaning}" if meaning else ""
            yield shares + also, replace(rows, bbox=bbox * np.tile(pixels, 2))
    for step, error in ((1, "one too low"), (-1, "one too high")):
        for kind, values, most in (
            ("image", rows.image, len(truth.annotations)),
            ("category", rows.label, len(truth.classes)),
        ):
            moved = values + step
            inside = (moved >= 0) & (moved < most)
            other = replace(rows, image=moved) if kind == "image" else replace(rows, label=moved)
            yield f"{kind} ids are {error}", other.where(inside)
