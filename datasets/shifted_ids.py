"""Ids that annotations count from another number than the list of classes does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from datasets.coco_ids import Id

LEAST_SHIFTED = 0.05  # share of objects whose id is not listed, from which all of them are doubted


def shifted(used: Counter[Id], known: Collection[Id | None]) -> int:
    """Return by how much the ids used are all too low, 0 unless the two count from two numbers.

    They do where more than `LEAST_SHIFTED` of all uses are of unknown ids, all are numbers, an id
    is used beyond one end of the known, the other end is never used, and so many higher each would
    be known.
    """
    strange = sum(count for key, count in used.items() if key not in known)
    if strange <= LEAST_SHIFTED * used.total():
        return 0
    numbers = {each for each in used if isinstance(each, int)}
    others = {each for each in known if isinstance(each, int)}
    if not numbers or not others or len(numbers) < len(used) or len(others) < len(known):
        return 0
    step = min(others) - min(numbers)
    if step == 0 or not {each + step for each in numbers} <= others:
        return 0
    beyond = max(others) in numbers if step > 0 else min(others) in numbers
    return 0 if beyond or numbers <= others else step
