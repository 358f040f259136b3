"""Whether a results file would fit the ground truth far better if it were read another way.

Each other reading is tried: corners instead of sizes, ids counted from 0, and so on. If one meets
many objects that the file as it stands does not, the file means that, and scoring it would give 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from datasets.box_readings import READINGS, SIZED
from datasets.boxes import Boxes
from pipelines.evaluation.coco_files.format import GroundTruthFile
from pipelines.evaluation.coco_files.rows import Rows, objects_met
from pipelines.evaluation.pairs import flat_objects

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


def _other_readings(rows: Rows, truth: GroundTruthFile) -> Iterator[tuple[str, Rows]]:
    boxes = {
        f"boxes are {reading.meaning}, not {SIZED.meaning}": _sized(reading.boxes(rows.bbox))
        for reading in READINGS
        if reading is not SIZED
    }
    for meaning, bbox in boxes.items():
        yield meaning, replace(rows, bbox=bbox)
    if not np.isnan(truth.sizes).any() and rows.bbox.size and np.abs(rows.bbox).max() <= 2:
        shares, pixels = "boxes are shares of the image's size, not pixels", truth.sizes[rows.image]
        as_they_stand = _sized(SIZED.boxes(rows.bbox))
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


def _sized(boxes: Boxes) -> Boxes:
    """Return boxes as left, top, width, height, none of them negative."""
    sized = SIZED.numbers(boxes)
    return np.hstack([sized[:, :2], np.maximum(sized[:, 2:], 0)])
