"""Pairs of rows that have the same key, some at a time, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def with_equal_keys(
    asked: NDArray[Any], known: NDArray[Any], block: int
) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows of all pairs of equal keys, in the order of those asked for.

    Args:
        asked: ``(N,)`` keys.
        known: ``(M,)`` keys of the same kind.
        block: about how many pairs to yield together; of one row asked for all are.
    """
    order = np.argsort(known, kind="stable")
    ranked = known[order]
    first = np.searchsorted(ranked, asked, "left")
    count = np.searchsorted(ranked, asked, "right") - first
    ends = np.cumsum(count)
    start = 0
    while start < len(asked):
        done = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, done + block, "right")), start + 1)
        number = count[start:stop]
        rows = np.repeat(np.arange(start, stop), number)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
        yield rows, order[np.repeat(first[start:stop], number) + within]
        start = stop
