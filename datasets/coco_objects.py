"""The annotations of a COCO file as columns: a set of its size has 860,000, and each costs time.

Keys and boxes are looked at by column, and a row by itself only where something is wrong with it.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, xywh_to_xyxy
from datasets.coco_ids import Id, plain_id

_AT_ONCE = 20_000  # boxes: so many as text and as lists are little beside the file
_MOST_LINE = 2**53  # ids are kept among floats
_BEYOND_FLOATS = msgspec.json.Decoder(float_hook=float)  # it makes infinity of 1e999
_NO_BOX = msgspec.Raw(b"null")
Key = Id | None
T = TypeVar("T")


class CocoAnnotation(msgspec.Struct, gc=False):
    """An object; its box, left, top, width, height in pixels, is still the file's text."""

    image_id: Key = None
    category_id: Key = None
    id: Key = -1
    bbox: msgspec.Raw = _NO_BOX
    iscrowd: int | float | bool | None = 0
    ignore: int | float | bool | None = 0


@dataclass(frozen=True, eq=False)
class CocoObjects:
    """The ``N`` annotations of a file, in its order.

    Attributes:
        image: the image's id of each, as written.
        category: the category's id of each, as written.
        corners: ``(N, 4)`` float64 xyxy in pixels; nan where there is no box.
        has_box: ``(N,)`` bool, whether there is one of four numbers.
        ignore: ``(N,)`` bool, crowds and what is to be ignored.
        line: ``(N,)`` int64 id of the annotation, -1 where it has none that is a number.
    """

    image: list[Key]
    category: list[Key]
    corners: Boxes
    has_box: NDArray[np.bool_]
    ignore: NDArray[np.bool_]
    line: NDArray[np.int64]


def objects_of(annotations: Sequence[CocoAnnotation]) -> CocoObjects:
    """Return the annotations as columns; they lose the text of their boxes, and it its memory."""
    count = len(annotations)
    numbers = np.full((count, 4), np.nan)
    has_box = np.zeros(count, bool)
    for start in range(0, count, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        boxes = _boxes([each.bbox for each in annotations[part]])
        has_box[part] = [box is not None for box in boxes]
        found = chain.from_iterable(box for box in boxes if box)
        numbers[part][has_box[part]] = np.fromiter(found, np.float64).reshape(-1, 4)
        for each in annotations[part]:
            each.bbox = _NO_BOX
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found later
        corners = xywh_to_xyxy(numbers)
    return CocoObjects(
        [each.image_id for each in annotations],
        [each.category_id for each in annotations],
        corners,
        has_box,
        np.array([bool(each.iscrowd or each.ignore) for each in annotations], bool),
        _lines([each.id for each in annotations]),
    )


def counted(keys: Sequence[Key]) -> Counter[Key]:
    """Return how often each id is there, however it is written."""
    used: Counter[Key] = Counter()
    for key, number in Counter(keys).items():
        used[plain_id(key)] += number
    return used


def looked_up(keys: Sequence[Key], number_of: Callable[[Key], int]) -> NDArray[np.int64]:
    """Return the ``(N,)`` number of each id, which is asked for once, however it is written."""
    if (whole := _whole(keys)) is not None:
        values, places = np.unique(whole, return_inverse=True)
        return np.array([*map(number_of, values.tolist())], np.int64)[places]
    numbers = {key: number_of(plain_id(key)) for key in dict.fromkeys(keys)}
    return np.array([numbers[key] for key in keys], np.int64)


def _whole(keys: Sequence[Key]) -> NDArray[np.int64] | None:
    """Return the ids as an array where all are whole numbers, as nearly always, else None."""
    with suppress(ValueError, OverflowError):
        found = np.array(keys)
        if found.dtype == np.int64:
            return found
    return None


def _boxes(written: Sequence[msgspec.Raw]) -> list[list[float] | None]:
    """Return the numbers of each box, None unless there are four."""
    try:
        together = b"[" + b",".join(written) + b"]"
        found = _decoded(together, list[list[float] | None])
    except msgspec.ValidationError:  # one of them is something else
        found = [_numbers(each) for each in written]
    return [box if box is not None and len(box) == 4 else None for box in found]


def _numbers(written: msgspec.Raw) -> list[float] | None:
    """Return a list of numbers, infinity for those beyond a float, which are named later."""
    try:
        return _decoded(written, list[float])
    except msgspec.ValidationError:
        found = _BEYOND_FLOATS.decode(written)
    if not isinstance(found, list) or not all(type(each) in {int, float} for each in found):
        return None
    return [float(each) if abs(each) < sys.float_info.max else math.inf for each in found]


def _decoded(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    return msgspec.json.decode(data, type=kind, strict=False)


def _lines(keys: Sequence[Key]) -> NDArray[np.int64]:
    whole = _whole(keys)
    if whole is None:
        whole = np.array([key if _is_line(key) else -1 for key in keys], np.int64)
    return np.where((whole > -_MOST_LINE) & (whole < _MOST_LINE), whole, -1)


def _is_line(key: Key) -> bool:
    return isinstance(key, int) and abs(key) < _MOST_LINE
