"""How many more test images, or trainings, would show which of two detectors is better."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from scipy.special import chdtri, ndtri, stdtrit

from pipelines.evaluation.luck import Spread

POWER = 0.8  # probability of finding a difference with the estimated number
LEAST_IMAGES = 5  # fewer do not show how images vary
# What is looked among, two figures each: it is an estimate and should look it. Beyond the last no
# number is given, since the difference is negligible.
IMAGES = (*range(1, 100), *(n * 10**zeros for zeros in range(1, 5) for n in range(10, 100)))
TRAININGS = IMAGES[:100]
QUARTILE = float(ndtri(0.75))  # spreads from the middle of a normal, which hold half of it


@dataclass(frozen=True)
class ToSettle:
    """About how many more test images, or trainings of each, would show which detector is better.

    Attributes:
        fewest: if the difference is as large as it may well be, and trainings differ as little.
        most: if it is as small; None if it may well be none, or no number in reach would do.
    """

    fewest: int
    most: int | None


def images_to_settle(more: float, spread: Spread, images: int, level: float) -> ToSettle | None:
    """Return about how many more images would show a difference; None if no number in reach would.

    The variance of a mean falls with the number of images; to be shown in four of five test sets
    the difference has to be so many spreads from 0 as an interval of that level reaches, and 0.84
    (Cohen 1988). How large it is has been seen in the same few images, and how trainings differ in
    the same few trainings, so that the range is of what lies in the middle half of both.
    """

    def with_more(number: int, share: float) -> Spread:
        times = 1 + number / images
        luck = tuple(each.if_trained(0, share) for each in spread.luck)
        return Spread(spread.by_images / times, spread.units * times, luck)

    if images < LEAST_IMAGES:
        return None
    return _range(more, spread, with_more, IMAGES, level)


def trainings_to_settle(more: float, spread: Spread, level: float) -> ToSettle | None:
    """Return about how many more trainings of each detector would; None as `images_to_settle`.

    Nothing is known of detectors that were trained once.
    """

    def with_more(number: int, share: float) -> Spread:
        return replace(spread, luck=tuple(each.if_trained(number, share) for each in spread.luck))

    if not spread.by_training > 0:
        return None
    return _range(more, spread, with_more, TRAININGS, level)


def _range(
    more: float,
    spread: Spread,
    with_more: Callable[[int, float], Spread],
    numbers: Sequence[int],
    level: float,
) -> ToSettle | None:
    """Return the range of further numbers, of those.

    ``with_more`` gives the spread with so many more, were so many times the variance between
    trainings the truth.
    """
    size, deviation = abs(more), math.sqrt(spread.variance)
    if not size > 0 or not deviation > 0:
        return None
    little, much = _shares(spread)

    def is_shown(size: float, share: float, number: int) -> bool:
        then = with_more(number, share)
        reach = stdtrit(then.freedom, 0.5 + level / 2) + ndtri(POWER)
        return bool(reach * math.sqrt(then.variance) <= size)

    def least(size: float, share: float) -> int | None:
        place = bisect_left(numbers, True, key=partial(is_shown, size, share))
        return numbers[place] if place < len(numbers) else None

    fewest = least(size + QUARTILE * deviation, little)
    if fewest is None or not is_shown(size, 1.0, numbers[-1]):
        return None
    return ToSettle(fewest, least(size - QUARTILE * deviation, much))


def _shares(spread: Spread) -> tuple[float, float]:
    """Return between how many times what is seen the variance of trainings lies in half the cases.

    The variance that is seen of a few trainings varies as chi-squared does.
    """
    if not spread.by_training > 0:
        return 1.0, 1.0
    freedom = spread.freedom_of_training
    return freedom / float(chdtri(freedom, 0.25)), freedom / float(chdtri(freedom, 0.75))
