"""Class-wise non-maximum suppression (NMS)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, xyxy_to_xywh
from pipelines.detections import Detections


def suppress(
    boxes: Boxes,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    iou_threshold: float,
    score_threshold: float,
    limit: int,
) -> Detections:
    """Keep, class by class, the best of boxes that overlap more than ``iou_threshold``.

    Args:
        boxes: ``(N, 4)`` float64 xyxy pixels.
        scores: ``(N,)`` float64.
        labels: ``(N,)`` int64.
        iou_threshold: a lower-scored box of the same class above this IoU is dropped.
        score_threshold: boxes below this score are dropped first.
        limit: at most this many are kept over all classes, the best-scored.
    """
    candidates = np.flatnonzero(scores >= score_threshold)
    if candidates.size == 0:
        return Detections()
    kept = cv2.dnn.NMSBoxesBatched(
        xyxy_to_xywh(boxes[candidates]).tolist(),
        scores[candidates].tolist(),
        labels[candidates].tolist(),
        score_threshold,
        iou_threshold,
    )
    keep = candidates[np.asarray(kept, dtype=np.int64).reshape(-1)]
    best = keep[np.argsort(-scores[keep], kind="stable")][:limit]
    return Detections(boxes[best], scores[best], labels[best])
