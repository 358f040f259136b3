"""Python's search for cycles of garbage, while very many objects are made that all stay.

The full search looks through all of them each time their number has grown by a quarter, which was
a third of the time that a set of COCO's size took to read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 10_000  # new objects between two searches among them
_NEVER = 2**31 - 1  # of its searches, those of younger objects, until a full one


@contextmanager
def without_full_searches() -> Iterator[None]:
    """Search less often meanwhile, and among new objects alone, as those that a parser leaves."""
    young, middle, old = gc.get_threshold()
    gc.set_threshold(max(young, _YOUNG), middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
