"""Whether two forms of one detector give the same boxes, detection by detection."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import msgspec
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import iou
from pipelines.detections import Detections

SAME_IOU = 0.99  # a match overlaps by more
SAME_SCORE = 1e-3  # and its score differs by no more
LEAST_SCORE = 0.01  # below it a detection may fall out at the detectors' own least score
LEAST_SHARE = 0.999  # of matches: rounding may tip NMS where two boxes overlap by just its limit


class Agreement(msgspec.Struct, frozen=True):
    """How alike two detectors' detections in the same images are.

    Attributes:
        detections: of both, with a score of `LEAST_SCORE` and more.
        matches: those that the other has too: same class, `SAME_IOU`, `SAME_SCORE`.
        least_iou: of matches; nan without any, as the largest difference.
    """

    images: int
    detections: int
    matches: int
    least_iou: float
    largest_score_difference: float

    @property
    def holds(self) -> bool:
        """Say whether they are the same but for rounding; without detections they are."""
        return self.matches >= LEAST_SHARE * self.detections


def agreement(first: Sequence[Detections], second: Sequence[Detections]) -> Agreement:
    """Return how alike the detections of two detectors are, image by image.

    Raises:
        ValueError: there are not as many images in both.
    """
    total, found = 0, [np.zeros((2, 0))]
    for one, other in zip(first, second, strict=True):
        for here, there in ((one, other), (other, one)):
            shown = here.above(LEAST_SCORE)
            total += len(shown)
            found.append(_matches(shown, there))
    overlaps, differences = np.concatenate(found, axis=1)
    return Agreement(
        images=len(first),
        detections=total,
        matches=len(overlaps),
        least_iou=float(overlaps.min()) if len(overlaps) else nan,
        largest_score_difference=float(differences.max()) if len(overlaps) else nan,
    )


def _matches(shown: Detections, there: Detections) -> NDArray[np.float64]:
    """Return ``(2, K)`` IoU and difference of score of each of K that match, with the nearest."""
    if not len(shown) or not len(there):
        return np.zeros((2, 0))
    apart = np.abs(shown.scores[:, None] - there.scores[None, :])
    alike = (shown.labels[:, None] == there.labels[None, :]) & (apart <= SAME_SCORE)
    overlap = np.where(alike, iou(shown.boxes, there.boxes), 0.0)
    best = overlap.argmax(axis=1)
    rows = np.flatnonzero(overlap.max(axis=1) > SAME_IOU)
    return np.stack([overlap[rows, best[rows]], apart[rows, best[rows]]])
