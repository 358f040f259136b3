"""What training lowers: binary cross-entropy on soft scores, complete IoU on boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from keras import ops

if TYPE_CHECKING:
    from models.yolo.assigner import Targets

TINY = 1e-7


class Losses(NamedTuple):
    """Both parts, each a scalar divided by the sum of target scores."""

    classes: Any
    boxes: Any


def complete_iou(first: Any, second: Any) -> Any:
    """Return the CIoU of boxes row by row, in [-1.5, 1] (Zheng et al. 2020, equations 7 to 11).

    The trade-off between position and shape is held constant, as the paper has it; Keras's
    `compute_ciou` sends a gradient through it. The ``(..., 4)`` boxes are xyxy, predicted and true.
    """
    low = ops.minimum(first, second)
    high = ops.maximum(first, second)
    sides = ops.maximum(low[..., 2:] - high[..., :2], 0.0)
    shared = sides[..., 0] * sides[..., 1]
    overlap = shared / (_area(first) + _area(second) - shared + TINY)
    around = high[..., 2:] - low[..., :2]
    diagonal = ops.sum(ops.square(around), axis=-1) + TINY
    doubled = first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]
    apart = ops.sum(ops.square(doubled), axis=-1) / 4  # of the centres, squared
    shape = (4 / math.pi**2) * ops.square(_angle(second) - _angle(first))
    trade_off = ops.stop_gradient(shape / (1 - overlap + shape + TINY))
    return overlap - apart / diagonal - trade_off * shape


def detection_losses(logits: Any, boxes: Any, targets: Targets, asked: Any) -> Losses:
    """Return both losses of a batch.

    Args:
        logits: ``(B, A, C)``.
        boxes: ``(B, A, 4)`` decoded, xyxy pixels.
        targets: held constant.
        asked: ``(B, A)`` 1.0 for cells whose answers count, 0.0 for those that do not unless an
            object to be found is theirs.
    """
    total = ops.maximum(ops.sum(targets.weights), 1.0)
    assigned = ops.cast(targets.weights > 0, "float32")[..., None]
    cross_entropy = ops.binary_crossentropy(targets.scores, logits, from_logits=True)
    cross_entropy = cross_entropy * ops.maximum(asked[..., None], assigned)
    # Cells of background get a true box equal to their own: CIoU 1 and no gradient.
    wanted = assigned * targets.boxes + (1 - assigned) * ops.stop_gradient(boxes)
    missed = (1 - complete_iou(boxes, wanted)) * targets.weights
    return Losses(ops.sum(cross_entropy) / total, ops.sum(missed) / total)


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _angle(boxes: Any) -> Any:
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return ops.arctan2(width, height + TINY)
