"""A contender's figure in each condition, as a share of the one on clean images, and the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.undefined import Number
from pipelines.studies.conditions.corruptions import Condition
from pipelines.studies.conditions.flips import CLEAN
from pipelines.studies.conditions.judging import spread


@dataclass(frozen=True)
class ConditionRow:
    """A contender in one condition.

    Attributes:
        pipeline: the contender.
        corruption: its name, ``clean`` for the images as they are.
        severity: from 1 to 5, 0 for the images as they are.
        value: the figure that decides.
        interval_95: of it.
        of_clean: its share of the figure on the images as they are.
        of_clean_interval_95: of that.
    """

    pipeline: str
    corruption: str
    severity: int
    value: Number
    interval_95: tuple[Number, Number]
    of_clean: Number
    of_clean_interval_95: tuple[Number, Number]


def condition_row(
    name: str,
    corruption: str,
    severity: int,
    there: Floats,
    clean: Floats,
    units: tuple[int, int],
) -> ConditionRow:
    """Return the row of a contender from what it reaches there and on clean images, resampled.

    ``units`` are what `held` gave.
    """
    share = share_of(there, clean)
    both = spread(there, *units), spread(share, *units)
    return ConditionRow(
        name, corruption, severity, float(there[0]), both[0], float(share[0]), both[1]
    )


def share_of(there: Floats, clean: Floats) -> Floats:
    """Return the shares ``(1 + B,)`` of the figure on clean images, nan of nothing."""
    return np.divide(there, clean, out=np.full_like(clean, nan), where=clean > 0)


def mean_over_corruptions(
    by_condition: Mapping[str, Floats], measured: Sequence[Condition]
) -> Floats:
    """Return the mean over the corruptions of each one's mean over its severities."""
    of_each: dict[str, list[Floats]] = {}
    for condition in measured:
        here = by_condition[condition.name]
        of_each.setdefault(condition.corruption.name, []).append(here)
    if not of_each:
        return np.full_like(by_condition[CLEAN], nan)
    return np.asarray(np.mean([np.mean(each, axis=0) for each in of_each.values()], axis=0))
