"""The box around a mask that was painted in Label Studio: run lengths of an RGBA image as bits.

Behind the number of values (32 bits), their width (5 bits, less one) and the widths of four kinds
of lengths (4 bits each, less one) stand runs: a bit that says whether the run repeats one value,
two bits that choose the width of its length, its length less one, and the value or values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.raw import Corners
from datasets.settings import MAX_PIXELS

_CHANNELS = 4  # of which the last is what was painted


def around_brush(rle: Sequence[int], width_px: int, height_px: int) -> Corners:
    """Return the box in pixels around what was painted on an image of that size.

    Raises:
        ValueError: nothing was, or it is no such mask, in half a sentence.
    """
    if not 0 < width_px * height_px <= MAX_PIXELS:
        raise ValueError("has a brush's mask of an image without a size")
    try:
        values = _values(np.array(rle, dtype=np.uint8), width_px * height_px * _CHANNELS)
    except (OverflowError, ValueError) as error:
        raise ValueError("has a brush's mask that can't be read") from error
    painted = values.reshape(height_px, width_px, _CHANNELS)[..., -1] > 0
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    if not len(rows):
        raise ValueError("has a brush's mask in which nothing is painted")
    return float(columns[0]), float(rows[0]), float(columns[-1]) + 1, float(rows[-1]) + 1


def _values(rle: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return that many values.

    Raises:
        ValueError: there are others, or their bits end before.
    """
    bits = (np.unpackbits(rle) + ord("0")).tobytes()
    place = 0

    def number(width: int) -> int:
        nonlocal place
        place += width
        return int(bits[place - width : place], 2)  # which refuses an empty text

    if number(32) != count:
        raise ValueError("another number of values")
    value_bits = number(5) + 1
    length_bits = [number(4) + 1 for _ in range(4)]
    values = np.zeros(count, np.uint8)
    done = 0
    while done < count:
        repeats, length = number(1), number(length_bits[number(2)]) + 1
        run = values[done : done + length]
        if len(run) < length:
            raise ValueError("a run beyond the last value")
        run[:] = number(value_bits) if repeats else [number(value_bits) for _ in range(length)]
        done += length
    return values
