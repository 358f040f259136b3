"""What figures on the validation split decide: which weights are kept, when a backbone learns too.

A figure is nan where the split has no object to be found; then nothing can be chosen by it.
"""

from __future__ import annotations

from collections.abc import Sequence

# Validation mAP@[.50:.95] that is more than nothing, and a gain that is not worth waiting for.
LEAST_LEARNT, LEVELLED_OFF = 0.02, 0.02


def is_best(figures: Sequence[float]) -> bool:
    """Say whether the last of the figures is the best so far, the later one of two that are equal.

    Without figures, all nan, each is: what has learnt longest is kept.
    """
    return not any(figures[-1] < before for before in figures)


def has_levelled_off(figures: Sequence[float]) -> bool:
    """Say whether the last of the figures is a gain of less than `LEVELLED_OFF` on the one before.

    Without figures it never has, nor before anything is learnt.
    """
    if len(figures) < 2:
        return False
    *_, before, last = figures
    return LEAST_LEARNT <= last < before + LEVELLED_OFF
