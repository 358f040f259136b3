"""Whether two detectors that should be one give the same boxes, detection by detection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import iou
from pipelines.detections import Detections

SAME_IOU = 0.99  # a twin overlaps by more
SAME_SCORE = 1e-3  # and its score differs by no more
LEAST_SCORE = 0.01  # below it a detection may fall out at the detectors' own least score
LEAST_SHARE = 0.999  # of twins: rounding may tip NMS where two boxes overlap by just its limit


@dataclass(frozen=True)
class Sameness:
    """How alike two detectors' detections of the same images are.

    Attributes:
        detections: of both, with a score of `LEAST_SCORE` and more.
        twins: those that the other has too: same class, `SAME_IOU`, `SAME_SCORE`.
        least_iou: of twins; nan without any.
        largest_score_difference: of twins; nan without any.
    """

    detections: int
    twins: int
    least_iou: float
    largest_score_difference: float

    @property
    def holds(self) -> bool:
        """Say whether they are the same but for rounding; without detections they are."""
        return self.twins >= LEAST_SHARE * self.detections


def sameness(first: Sequence[Detections], second: Sequence[Detections]) -> Sameness:
    """Return how alike the detections of two detectors are, image by image.

    Raises:
        ValueError: there are not as many images in both.
    """
    total = 0
    overlaps, differences = [np.zeros(0)], [np.zeros(0)]
    for one, other in zip(first, second, strict=True):
        for here, there in ((one, other), (other, one)):
            shown = here.above(LEAST_SCORE)
            total += len(shown)
            overlap, apart = _twins(shown, there)
            overlaps.append(overlap)
            differences.append(apart)
    overlap, apart = np.concatenate(overlaps), np.concatenate(differences)
    return Sameness(
        detections=total,
        twins=len(overlap),
        least_iou=float(overlap.min()) if len(overlap) else nan,
        largest_score_difference=float(apart.max()) if len(apart) else nan,
    )


def _twins(shown: Detections, there: Detections) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return IoU and difference of score of each detection that has a twin, with the nearest."""
    if not len(shown) or not len(there):
        return np.zeros(0), np.zeros(0)
    apart = np.abs(shown.scores[:, None] - there.scores[None, :])
    alike = (shown.labels[:, None] == there.labels[None, :]) & (apart <= SAME_SCORE)
    overlap = np.where(alike, iou(shown.boxes, there.boxes), 0.0)
    best = overlap.argmax(axis=1)
    rows = np.flatnonzero(overlap.max(axis=1) > SAME_IOU)
    return overlap[rows, best[rows]], apart[rows, best[rows]]
