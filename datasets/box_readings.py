"""What four numbers of a box can mean: tools write corners, sizes or centres, in either order.

A file read the wrong way looks like bad labels or a bad detector, so readers of sets and of results
both try the other readings, by this one table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.boxes import Boxes, xywh_to_xyxy, xyxy_to_xywh


@dataclass(frozen=True)
class Reading:
    """One meaning of four numbers, and both ways between them and ``(N, 4)`` xyxy boxes.

    Attributes:
        meaning: of the numbers, in words.
        boxes: of the numbers, in pixels.
        numbers: of boxes.
        y_first: whether what is along the height comes first.
    """

    meaning: str
    boxes: Callable[[Boxes], Boxes]
    numbers: Callable[[Boxes], Boxes]
    y_first: bool = False


def _middle_to_xyxy(numbers: Boxes) -> Boxes:
    middle, half = numbers[:, :2], numbers[:, 2:] / 2
    return np.hstack([middle - half, middle + half])


def _xyxy_to_middle(boxes: Boxes) -> Boxes:
    first, second = boxes[:, :2], boxes[:, 2:]
    return np.hstack([(first + second) / 2, second - first])


def _with_y_first(numbers: Boxes) -> Boxes:
    return numbers[:, [1, 0, 3, 2]]


def _exclusive(numbers: Boxes) -> Boxes:
    return numbers - (np.roll(numbers, 2, axis=1) > numbers)


def _inclusive(boxes: Boxes) -> Boxes:
    return boxes + (np.roll(boxes, 2, axis=1) > boxes)


SIZED = Reading("left, top, width, height", xywh_to_xyxy, xyxy_to_xywh)
CORNERS = Reading("left, top, right, bottom", np.copy, np.copy)
PIXEL_CORNERS = Reading(CORNERS.meaning, _exclusive, _inclusive)  # Pascal VOC's, from 1
MIDDLE = Reading("the middle, width and height", _middle_to_xyxy, _xyxy_to_middle)
READINGS = (
    SIZED,
    CORNERS,
    MIDDLE,
    Reading(
        "top, left, height, width",
        lambda numbers: xywh_to_xyxy(_with_y_first(numbers)),
        lambda boxes: _with_y_first(xyxy_to_xywh(boxes)),
        y_first=True,
    ),
    Reading("top, left, bottom, right", _with_y_first, _with_y_first, y_first=True),
)


def of_fractions(reading: Reading) -> Reading:
    """Return the reading of numbers that are fractions, which are no pixels counted from 1."""
    return CORNERS if reading is PIXEL_CORNERS else reading
