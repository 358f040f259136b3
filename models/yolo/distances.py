"""Raw distances to boxes and back, differentiable: `decoding` for training."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from models.yolo.decoding import LIMIT


def decode_boxes(raw: Any, points: Any, strides: Any) -> Any:
    """Return ``(B, A, 4)`` xyxy pixels of the input for ``(B, A, 4)`` raw distances."""
    distances = ops.exp(ops.clip(raw, -LIMIT, LIMIT)) * strides[:, None]
    return ops.concatenate([points - distances[..., :2], points + distances[..., 2:]], axis=-1)


def encode_boxes(boxes: Any, points: Any, strides: Any) -> Any:
    """Return the raw distances of boxes around their points: the inverse of `decode_boxes`.

    A side that lies on the wrong side of its point has no raw distance and gives the smallest.
    """
    reach = ops.concatenate([points - boxes[..., :2], boxes[..., 2:] - points], axis=-1)
    return ops.log(ops.maximum(reach / strides[:, None], math.exp(-LIMIT)))
