"""Raw distances to boxes, differentiable: `decoding` for training."""

from __future__ import annotations

from typing import Any

from keras import ops

from models.yolo.decoding import LIMIT


def decode_boxes(raw: Any, points: Any, strides: Any) -> Any:
    """Return ``(B, A, 4)`` xyxy pixels of the input for ``(B, A, 4)`` raw distances."""
    distances = ops.exp(ops.clip(raw, -LIMIT, LIMIT)) * strides[:, None]
    return ops.concatenate([points - distances[..., :2], points + distances[..., 2:]], axis=-1)
