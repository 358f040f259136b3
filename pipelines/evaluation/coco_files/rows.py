"""A results file row by row, as arrays, and how many objects of the ground truth its boxes meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from datasets.boxes import xywh_to_xyxy
from pipelines.detections import Detections
from pipelines.evaluation.pairs import (
    Bools,
    FlatObjects,
    Floats,
    Ints,
    flat_detections,
    overlapping,
)

MET_IOU = 0.5


@dataclass(frozen=True, eq=False)
class Rows:
    """A results file, row by row: place of the image, label, left, top, third, fourth, score.

    ``notes`` are for the user: what was decided when it was read.
    """

    image: Ints
    label: Ints
    bbox: Floats
    score: Floats
    notes: tuple[str, ...] = ()

    def where(self, keep: Bools) -> Rows:
        """Return some of the rows."""
        columns = {name: getattr(self, name)[keep] for name in ("image", "label", "bbox", "score")}
        return replace(self, **columns)


def as_detections(rows: Rows, images: int) -> list[Detections]:
    """Return the detections of each image, boxes read as left, top, width, height."""
    order = np.argsort(rows.image, kind="stable")
    edges = np.searchsorted(rows.image[order], np.arange(images + 1))
    boxes = xywh_to_xyxy(rows.bbox)
    return [
        Detections(boxes[here], rows.score[here], rows.label[here])
        for here in (order[a:b] for a, b in pairwise(edges.tolist()))
    ]


def objects_met(rows: Rows, objects: FlatObjects, images: int) -> int:
    """Return how many objects a detection of their class overlaps by half."""
    found = flat_detections(as_detections(rows, images))
    pairs = overlapping(found, objects, MET_IOU, same_class=True)
    return len(np.unique(pairs.object[~objects.ignore[pairs.object]]))
