"""Two detectors in turns: the second one looks again where the first expects to be wrong.

To draw by lot which detector an image goes to costs what lies between the two, and so never less
than the cheaper one. What can cost less is to choose by the image: the first detects in all of
them, and where its own calibrated scores expect its mistakes to cost more than a limit, the second
one's answer counts instead. The limit is chosen on the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from pipelines.detections import Detections
from pipelines.evaluation.cost_figures import Mistakes, image_means
from pipelines.evaluation.costs import Costs
from pipelines.evaluation.pairs import Bools, Floats
from pipelines.evaluation.resampling import Units


@dataclass(frozen=True)
class Cascade:
    """Who looks first, who looks again, and from which expected cost on.

    Attributes:
        first: a detector.
        second: another.
        limit: images of which the first expects its mistakes to cost more go to the second.
        validation_cost: an image, on the images the limit was chosen on.
    """

    first: str
    second: str
    limit: float
    validation_cost: float


def doubts(found: Sequence[Detections], threshold: float, costs: Costs) -> Floats:
    """Return what a detector expects its mistakes in each image to cost, ``(I,)``.

    By its calibrated scores: one that is shown is a false alarm with what it lacks of 1, one that
    is not an object missed with its score.
    """
    expected = []
    for each in found:
        shown = each.scores >= threshold
        alarms, misses = 1 - each.scores[shown], each.scores[~shown]
        expected.append(costs.false_alarm * alarms.sum() + costs.miss * misses.sum())
    return np.array(expected, np.float64)


def cheapest_cascade(
    detectors: Mapping[str, Mistakes], doubt: Mapping[str, Floats], costs: Costs
) -> Cascade | None:
    """Return the two that cost least in turns on these images, with the limit; None without any.

    Each of the two answers for some images, otherwise it is one of them alone. Where the second is
    asked for no more images for the same cost, fewer are taken.
    """
    best: Cascade | None = None
    for first, second in permutations(detectors, 2):
        found = _best_limit(detectors[first], detectors[second], doubt[first], costs)
        if found is None:
            continue
        limit, cost = found
        if best is None or cost < best.validation_cost:
            best = Cascade(first, second, limit, cost)
    return best


def _best_limit(
    first: Mistakes, second: Mistakes, doubt: Floats, costs: Costs
) -> tuple[float, float] | None:
    """Return the limit that costs least an image, and what it costs; None if none divides them."""
    one, two = first.cost(costs), second.cost(costs)
    times = [float(each.time_cost(costs)[0]) for each in (first, second)]
    if np.isnan(times).any() or len(doubt) < 2:
        return None
    order = np.argsort(-doubt, kind="stable")
    ranked = doubt[order]
    sent = np.arange(1, len(order))
    spent = one.sum() + len(order) * times[0]
    cost = spent + np.cumsum((two - one)[order])[:-1] + sent * times[1]
    divides = ranked[:-1] > ranked[1:]  # equal ones go together
    if not divides.any():
        return None
    place = int(np.argmin(np.where(divides, cost, np.inf)))
    return float(ranked[place + 1]), float(cost[place] / len(order))


def in_turns(
    cascade: Cascade,
    detectors: Mapping[str, Mistakes],
    doubt: Mapping[str, Floats],
    units: Units,
    seed: int,
) -> tuple[Mistakes, Bools]:
    """Return the mistakes of two detectors in turns, and which ``(I,)`` images the second saw."""
    first, second = detectors[cascade.first], detectors[cascade.second]
    again = doubt[cascade.first] > cascade.limit
    share = image_means(again, units, seed)
    return Mistakes(
        np.where(again, second.missed, first.missed),
        np.where(again, second.false_alarms, first.false_alarms),
        first.seconds + share * second.seconds,
    ), again
