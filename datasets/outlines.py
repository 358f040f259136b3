"""The box around an outline, a mask or a rotated box: what a set of such objects is read as."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.raw import Corners

LEAST_POINTS = 2  # opposite corners are an outline too


def around(xs: Sequence[float], ys: Sequence[float]) -> Corners | None:
    """Return the corners of the box around points, None where there are too few."""
    if len(xs) != len(ys) or len(xs) < LEAST_POINTS:
        return None
    return min(xs), min(ys), max(xs), max(ys)


def around_rotated(x: float, y: float, width: float, height: float, angle: float) -> Corners:
    """Return the corners of the box around a rotated one.

    ``x`` and ``y`` are its centre; the angle is in radians, or in degrees where it is above a turn.
    """
    turn = math.radians(angle) if abs(angle) > 2 * math.pi else angle
    cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
    half_x = (width * cosine + height * sine) / 2
    half_y = (width * sine + height * cosine) / 2
    return x - half_x, y - half_y, x + half_x, y + half_y


def around_segmentation(segmentation: Any) -> Corners | None:
    """Return the box around COCO's ``segmentation``: polygons or a run-length encoded mask.

    None where it is neither, or covers nothing.
    """
    if isinstance(segmentation, Mapping):
        return _around_mask(segmentation)
    if not isinstance(segmentation, list):
        return None
    parts = segmentation if segmentation and isinstance(segmentation[0], list) else [segmentation]
    numbers = [part for part in parts if isinstance(part, list) and len(part) % 2 == 0]
    flat = [number for part in numbers for number in part]
    if not all(isinstance(number, int | float) for number in flat):
        return None
    return around(flat[::2], flat[1::2])


def _around_mask(mask: Mapping[str, Any]) -> Corners | None:
    """Return the box around a mask in COCO's run lengths, which go down the columns."""
    try:
        height, width = (int(side) for side in mask["size"])
        counts = mask["counts"]
        runs = _runs(counts) if isinstance(counts, str) else np.array(counts, dtype=np.int64)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    ends = np.cumsum(runs)
    if not len(runs) or runs.min() < 0 or height < 1 or ends[-1] > height * width:
        return None
    first, last = ends[0 : len(ends) - 1 : 2], ends[1::2] - 1  # of each run inside the mask
    first, last = first[last >= first], last[last >= first]
    if not len(first):
        return None
    columns = first // height, last // height
    whole = columns[0] < columns[1]  # a run over two columns touches both ends of one
    top = 0 if whole.any() else int((first % height).min())
    bottom = height if whole.any() else int((last % height).max()) + 1
    return float(columns[0].min()), float(top), float(columns[1].max()) + 1, float(bottom)


def _runs(text: str) -> NDArray[np.int64]:
    """Return the run lengths of pycocotools' text: numbers of 5 bits a character, from 48 on.

    From the fourth on each is the difference to the one before the last.

    Raises:
        ValueError: it is no such text.
    """
    runs: list[int] = []
    value = shift = 0
    for code in text.encode("ascii", "replace"):
        part = code - 48
        if not 0 <= part < 64 or shift > 30:
            raise ValueError("no run lengths")
        value |= (part & 31) << shift
        shift += 5
        if part & 32:
            continue
        if part & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return np.array(runs, dtype=np.int64)
