"""Class-wise non-maximum suppression (NMS), and box voting among what it drops."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, xyxy_to_xywh
from pipelines.detections import Detections

VOTING_SCORE = 0.05  # fainter ones neither vote nor move in `suppress`: a fifth of the time


def nms_indices(
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
    voting_iou: float = 1.0,
) -> Detections:
    """Return the detections of the rows that `nms_indices` keeps, where boxes vote they are.

    The arguments are those of `nms_indices`, and the IoU of `voted`; by 1 all boxes stay.
    """
    rows = nms_indices(
        boxes,
        scores,
        labels,
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
        limit=limit,
    )
    kept = boxes[rows]
    if voting_iou < 1:
        voters = np.flatnonzero(scores >= VOTING_SCORE)
        mine = np.searchsorted(voters, rows[scores[rows] >= VOTING_SCORE])  # the best come first
        kept[: len(mine)] = voted(boxes[voters], scores[voters], labels[voters], mine, voting_iou)
    return Detections(kept, scores[rows], labels[rows])


def voted(
    boxes: Boxes,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    kept: NDArray[np.int64],
    iou_threshold: float,
) -> Boxes:
    """Return the ``(K, 4)`` kept boxes, each the mean of the boxes of its class that agree with it.

    Box voting (Gidaris & Komodakis 2015): what NMS drops still says where the object is.

    Args:
        boxes: ``(N, 4)`` all boxes before NMS.
        scores: ``(N,)`` positive, what each box weighs in the mean.
        labels: ``(N,)``.
        kept: ``(K,)`` which of them NMS kept.
        iou_threshold: above 0; boxes that overlap a kept one at least this much agree with it.
    """
    # In single precision and in place: a sixth of the time of `iou`.
    left, top, right, bottom = boxes.astype(np.float32).T
    shared = np.minimum(right[kept, None], right) - np.maximum(left[kept, None], left)
    np.maximum(shared, 0, out=shared)
    shared *= np.minimum(bottom[kept, None], bottom) - np.maximum(top[kept, None], top)
    areas = (right - left) * (bottom - top)
    agree = (1 + iou_threshold) * shared >= iou_threshold * (areas[kept, None] + areas)
    agree &= labels[kept, None] == labels
    weights = agree * scores
    means = weights @ boxes / weights.sum(axis=1, keepdims=True)
    # A mean lies between its boxes; rounding must not carry it over the image's border.
    low, high = boxes.min(axis=0, initial=np.inf), boxes.max(axis=0, initial=-np.inf)
    return np.asarray(np.clip(means, low, high))
