"""The task-aligned assigner: which cells answer for which object (TOOD, Feng et al. 2021, §3.2).

An object goes to the cells inside it that both score its class highest and place it best, so that
training teaches scores to mean good boxes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops
from keras.utils.bounding_boxes import compute_iou

ALPHA, BETA, TOP = 0.5, 6.0, 10
TINY = 1e-9


class Targets(NamedTuple):
    """What each cell should answer.

    Attributes:
        scores: ``(B, A, C)`` soft class targets, all 0 for background.
        boxes: ``(B, A, 4)`` xyxy pixels, of use where ``weights`` > 0.
        weights: ``(B, A)`` the sum of ``scores`` over classes.
    """

    scores: Any
    boxes: Any
    weights: Any


def assign(
    scores: Any, boxes: Any, points: Any, strides: Any, true_boxes: Any, true_labels: Any, real: Any
) -> Targets:
    """Return the targets of every cell for the network's present answers.

    Args:
        scores: ``(B, A, C)`` sigmoid scores.
        boxes: ``(B, A, 4)`` decoded boxes, xyxy pixels.
        points: ``(A, 2)`` cell centres in pixels.
        strides: ``(A,)`` in pixels.
        true_boxes: ``(B, M, 4)`` ground truth, padded.
        true_labels: ``(B, M)`` int32 class indices.
        real: ``(B, M)`` 1.0 for ground truth, 0.0 for padding.
    """
    classes = scores.shape[-1]
    one_hot = ops.one_hot(true_labels, classes, dtype="float32")  # (B, M, C)
    score_of_class = ops.matmul(one_hot, ops.transpose(scores, (0, 2, 1)))  # (B, M, A)
    overlap = compute_iou(true_boxes, boxes, "xyxy")  # (B, M, A)
    candidate = cells_inside(true_boxes, points, strides) * real[..., None]
    alignment = ops.power(score_of_class + TINY, ALPHA) * ops.power(overlap, BETA) * candidate
    floor = ops.top_k(alignment, k=min(TOP, alignment.shape[-1]))[0][..., -1:]
    chosen = ops.cast((alignment >= floor) & (alignment > 0), "float32")
    # A cell wanted by several objects goes to the one it overlaps most.
    owner = ops.argmax(overlap * chosen, axis=1)  # (B, A)
    owned = ops.transpose(ops.one_hot(owner, true_boxes.shape[1], dtype="float32"), (0, 2, 1))
    chosen = chosen * owned
    alignment = alignment * chosen
    best_alignment = ops.max(alignment, axis=-1, keepdims=True)
    best_overlap = ops.max(overlap * chosen, axis=-1, keepdims=True)
    quality = alignment / ops.maximum(best_alignment, 1e-30) * best_overlap  # (B, M, A)
    by_cell = ops.transpose(quality, (0, 2, 1))
    targets = ops.matmul(by_cell, one_hot)
    return Targets(
        scores=targets,
        boxes=ops.matmul(ops.transpose(chosen, (0, 2, 1)), true_boxes),
        weights=ops.sum(by_cell, axis=-1),
    )


def cells_inside(true_boxes: Any, points: Any, strides: Any) -> Any:
    """Return ``(B, M, A)`` 1.0 where a cell's centre is in the ``(B, M, 4)`` box.

    A box is widened to one cell where it is smaller, or objects between centres had no cell.
    """
    centres = (true_boxes[..., :2] + true_boxes[..., 2:]) / 2  # (B, M, 2)
    halves = (true_boxes[..., 2:] - true_boxes[..., :2]) / 2
    reach = ops.maximum(halves[:, :, None, :], strides[None, None, :, None] / 2)
    away = ops.abs(points[None, None] - centres[:, :, None, :])
    return ops.cast(ops.all(away <= reach, axis=-1), "float32")
