"""The figure that decides, of detections in images as they are and in each condition.

A condition is one more figure of a contender, by the same resamples of the same images: so every
two contenders are compared in it as they are in a run's headline, and all comparisons together are
corrected for how many they are (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan, nan

import numpy as np

from pipelines.detections import Detections
from pipelines.evaluation.matching import COCO_IOUS
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.evaluation.resampling import (
    DECISIVE,
    Resampled,
    averages,
    images_a_class,
    known_mean,
)
from pipelines.evaluation.several import Pair, by_holm
from pipelines.evaluation.significance import Difference, interval
from pipelines.evaluation.undefined import Number
from pipelines.studies.common.verdict import NEITHER


@dataclass(frozen=True)
class Comparison:
    """How two contenders differ in one condition or slice, corrected for all comparisons.

    Attributes:
        first: a contender.
        second: another.
        where: the condition or slice.
        difference: the first's figure less the second's.
        interval: as wide as it takes for all comparisons together.
        ahead: who has more for sure, or ``neither``.
    """

    first: str
    second: str
    where: str
    difference: Number
    interval: tuple[Number, Number]
    ahead: str


def with_resamples(
    images: EvaluationImages, found: Sequence[Detections], figure: str = DECISIVE
) -> Floats:
    """Return the ``(1 + B,)`` figure of one detector's detections, and in each resample.

    Raises:
        ValueError: there are not as many detections as images, or a label names no class.
    """
    given = evaluation_set(images.ground_truth, found, images.classes)
    # The looser figure needs one of COCO's ten IoUs, and a tenth of the time.
    ranked = given.ranked_at(COCO_IOUS[0]) if figure == DECISIVE else given.ranked()
    units = images.units
    weights = np.concatenate([np.ones((1, units.number), np.int16), units.counts(images.seed)])
    return known_mean(averages(ranked, weights, units.group)[0].mean(axis=1))


def held(images: EvaluationImages) -> tuple[int, int]:
    """Return how many images, or groups of them, hold an object, and typically one of a class."""
    nothing = [Detections()] * len(images.ground_truth)
    holding = images.units.holding(evaluation_set(images.ground_truth, nothing, images.classes))
    return holding[DECISIVE], images_a_class(holding)


def spread(values: Floats, holding: int, a_class: int) -> tuple[float, float]:
    """Return the 95 % interval of what `with_resamples` gave; the last two are what `held` gave."""
    if isnan(values[0]):
        return nan, nan
    low, high = interval(float(values[0]), values[1:], holding, a_class)
    return max(low, 0.0), high


def compared(
    values: Mapping[str, Mapping[str, Floats]], holding: Mapping[str, int], images: int
) -> tuple[Comparison, ...]:
    """Return how every two contenders differ everywhere, where that can be said.

    Args:
        values: by contender and condition or slice, what `with_resamples` gave.
        holding: by condition or slice, how many images or groups hold an object.
        images: how many there are.
    """
    judged = {
        name: Resampled(
            {where: float(each[0]) for where, each in by_place.items()},
            {where: each[1:] for where, each in by_place.items()},
            holding,
        )
        for name, by_place in values.items()
    }
    wanted = [
        (pair, where)
        for where in holding
        for pair in combinations(judged, 2)
        if not any(isnan(judged[name].once[where]) for name in pair)
    ]
    found = by_holm(judged, wanted, images)
    return tuple(_comparison(pair, where, found[pair, where]) for pair, where in wanted)


def _comparison(pair: Pair, where: str, found: Difference) -> Comparison:
    first, second = pair
    ahead = {"better": first, "worse": second, "cannot_tell": NEITHER}[found.verdict]
    return Comparison(first, second, where, found.difference, found.deciding_interval, ahead)


def leaders(comparisons: Iterable[Comparison], pair: Pair) -> dict[str, str]:
    """Return who of two is ahead for sure, or ``neither``, by condition or slice."""
    return {each.where: each.ahead for each in comparisons if (each.first, each.second) == pair}
