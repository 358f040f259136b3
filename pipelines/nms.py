"""Class-wise non-maximum suppression (NMS)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, xyxy_to_xywh
from pipelines.detections import Detections


def surviving(
    boxes: Boxes,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    iou_threshold: float,
    score_threshold: float,
    limit: int,
) -> NDArray[np.int64]:
    """Return the rows that stay, best score first: of one class, none overlaps a better one.

    Args:
        boxes: ``(N, 4)`` float64 xyxy pixels.
        scores: ``(N,)`` float64, not negative.
        labels: ``(N,)`` int64.
        iou_threshold: a lower-scored box of the same class above this IoU is dropped.
        score_threshold: boxes below this score are dropped first.
        limit: at most this many stay over all classes, the best-scored.
    """
    candidates = np.flatnonzero(scores >= score_threshold)
    if candidates.size == 0:
        return candidates
    kept = cv2.dnn.NMSBoxesBatched(
        xyxy_to_xywh(boxes[candidates]).tolist(),
        scores[candidates].tolist(),
        labels[candidates].tolist(),
        score_threshold,
        iou_threshold,
    )
    rows = candidates[np.asarray(kept, dtype=np.int64).reshape(-1)]
    return np.asarray(rows[np.argsort(-scores[rows], kind="stable")][:limit])


def suppress(
    boxes: Boxes,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    iou_threshold: float,
    score_threshold: float,
    limit: int,
) -> Detections:
    """Return the detections of the rows that are `surviving`; the arguments are the same."""
    rows = surviving(
        boxes,
        scores,
        labels,
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
        limit=limit,
    )
    return Detections(boxes[rows], scores[rows], labels[rows])
