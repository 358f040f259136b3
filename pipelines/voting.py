"""Box voting (Gidaris & Komodakis 2015): what NMS drops still says where the object is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, iou


def voted(
    boxes: Boxes,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    kept: NDArray[np.int64],
    iou_threshold: float,
) -> Boxes:
    """Return the ``(K, 4)`` kept boxes, each the mean of the boxes of its class that agree with it.

    Args:
        boxes: ``(N, 4)`` all boxes before NMS.
        scores: ``(N,)`` positive, what each box weighs in the mean.
        labels: ``(N,)``.
        kept: ``(K,)`` which of them NMS kept.
        iou_threshold: boxes that overlap a kept one at least this much agree with it.
    """
    agree = iou(boxes[kept], boxes) >= iou_threshold
    agree &= labels[kept, None] == labels
    weights = agree * scores
    means = weights @ boxes / weights.sum(axis=1, keepdims=True)
    # A mean lies between its boxes; rounding must not carry it over the image's border.
    low, high = boxes.min(axis=0, initial=np.inf), boxes.max(axis=0, initial=-np.inf)
    return np.asarray(np.clip(means, low, high))
