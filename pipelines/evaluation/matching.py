"""Which detection found which object in one image, by COCO's greedy rule at one IoU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import area, intersection, iou
from pipelines.detections import Detections


@dataclass(frozen=True, eq=False)
class Matches:
    """The verdict on one image.

    Attributes:
        true_positive: ``(N,)`` bool, detections that found an object.
        ignored: ``(N,)`` bool, detections of an *ignore* object: neither right nor wrong.
        found: ``(M,)`` bool, objects that were found.
        missed: ``(M,)`` bool, objects that were not and should have been.
    """

    true_positive: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    found: NDArray[np.bool_]
    missed: NDArray[np.bool_]

    @property
    def false_positive(self) -> NDArray[np.bool_]:
        """``(N,)`` bool, detections that found nothing."""
        return ~self.true_positive & ~self.ignored


def match(truth: Annotations, detections: Detections, iou_threshold: float = 0.5) -> Matches:
    """Give each detection, best score first, the free object of its class it overlaps most.

    An *ignore* object takes any number of detections, of which it need only hold a share: their
    overlap is measured against the detection alone, as COCO does for crowds.
    """
    overlap = iou(detections.boxes, truth.boxes)
    if truth.ignore.any() and len(detections):
        shared = intersection(detections.boxes, truth.boxes[truth.ignore])
        own = np.maximum(area(detections.boxes), 1e-12)[:, None]
        overlap[:, truth.ignore] = shared / own
    overlap[detections.labels[:, None] != truth.labels[None, :]] = -1.0
    true_positive = np.zeros(len(detections), bool)
    ignored = np.zeros(len(detections), bool)
    found = np.zeros(len(truth), bool)
    threshold = min(iou_threshold, 1 - 1e-10)
    for row in range(len(detections)):
        free = overlap[row].copy()
        free[found & ~truth.ignore] = -1.0
        real = np.where(truth.ignore, -1.0, free)
        if real.size and real.max() >= threshold:
            # Of equal overlaps COCO takes the last object.
            found[len(real) - 1 - int(np.argmax(real[::-1]))] = True
            true_positive[row] = True
        elif free.size and free.max() >= threshold:
            ignored[row] = True
    return Matches(true_positive, ignored, found, ~found & ~truth.ignore)
