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

    The rule of Lin et al. 2014 (COCO), whose own code tells these verdicts to nobody. An *ignore*
    object takes any number of detections, of which it need only hold a share: their overlap is
    measured against the detection alone, as COCO does for crowds.
    """
    overlap = _overlap(truth, detections)
    true_positive = np.zeros(len(detections), bool)
    ignored = np.zeros(len(detections), bool)
    found = np.zeros(len(truth), bool)
    threshold = min(iou_threshold, 1 - 1e-10)  # as COCO has it: a perfect IoU may be 1 - 2e-16
    near = overlap >= threshold
    real = np.where(truth.ignore, -1.0, overlap)[:, ::-1]  # of equal overlaps COCO takes the last
    for row in np.flatnonzero(near.any(axis=1)):
        free = np.where(found[::-1], -1.0, real[row])
        best = int(np.argmax(free))
        if free[best] >= threshold:
            found[len(free) - 1 - best] = True
            true_positive[row] = True
        else:
            ignored[row] = bool((near[row] & truth.ignore).any())
    return Matches(true_positive, ignored, found, ~found & ~truth.ignore)


def _overlap(truth: Annotations, detections: Detections) -> NDArray[np.float64]:
    """Return the ``(N, M)`` overlaps of detections and objects, 0 for another class."""
    overlap = iou(detections.boxes, truth.boxes)
    if truth.ignore.any():
        shared = intersection(detections.boxes, truth.boxes[truth.ignore])
        own = area(detections.boxes)[:, None]
        share = np.divide(shared, own, out=np.zeros_like(shared), where=own > 0)
        overlap[:, truth.ignore] = share
    overlap[detections.labels[:, None] != truth.labels[None, :]] = 0.0
    return overlap
