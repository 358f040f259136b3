"""Box geometry over plain arrays: ``(N, 4)`` float64 ``xyxy``, right and bottom exclusive."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float64]


def number_text(number: float) -> str:
    """Return the shortest text that gives the coordinate again; whole numbers have no point."""
    return str(int(number)) if number == int(number) else repr(float(number))


def as_boxes(values: ArrayLike) -> Boxes:
    """Return ``values`` as an ``(N, 4)`` float64 array; anything empty becomes ``(0, 4)``.

    Raises:
        ValueError: the values cannot be seen as rows of four.
    """
    boxes = np.asarray(values, dtype=np.float64)
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes must have shape (N, 4), not {boxes.shape}")
    return boxes


def area(boxes: Boxes) -> NDArray[np.float64]:
    """Return the ``(N,)`` areas in square pixels; a box turned inside out has area 0."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def intersection(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Return the ``(N, M)`` areas in square pixels that each pair of boxes shares."""
    left_top = np.maximum(first[:, None, :2], second[None, :, :2])
    right_bottom = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.maximum(right_bottom - left_top, 0.0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def iou(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Return the ``(N, M)`` intersection over union; two boxes without area share 0."""
    shared = intersection(first, second)
    union = area(first)[:, None] + area(second)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def nearest_objects(boxes: Boxes, objects: Boxes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each box's largest IoU with an object, and which object it is (-1 for none)."""
    if not len(objects) or not len(boxes):
        return np.zeros(len(boxes)), np.full(len(boxes), -1)
    overlap = iou(boxes, objects)
    return overlap.max(axis=1), overlap.argmax(axis=1)


def clip(boxes: Boxes, width_px: float, height_px: float) -> Boxes:
    """Return the boxes cut to an image of that size."""
    limits = np.array([width_px, height_px, width_px, height_px], dtype=np.float64)
    return np.clip(boxes, 0.0, limits)


def xyxy_to_xywh(boxes: Boxes) -> Boxes:
    """Return left, top, width, height (COCO's order) for left, top, right, bottom."""
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def xywh_to_xyxy(boxes: Boxes) -> Boxes:
    """Return left, top, right, bottom for left, top, width, height (COCO's order)."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
