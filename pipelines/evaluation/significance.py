"""How sure a figure is, and whether a difference exceeds what test images and trainings vary by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from pipelines.evaluation.luck import Luck, Spread
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.resampling import OVER_CLASSES, Resampled, images_a_class
from pipelines.evaluation.to_settle import (
    LEAST_IMAGES,
    ToSettle,
    images_to_settle,
    trainings_to_settle,
)
from pipelines.evaluation.undefined import Number

Word = Literal["better", "worse", "cannot_tell"]
OPPOSITE: Mapping[Word, Word] = {
    "better": "worse",
    "worse": "better",
    "cannot_tell": "cannot_tell",
}
LEVEL = 0.95
SURE = 0.5 + LEVEL / 2  # of one side
JUST_NOT = SURE - 1e-6


@dataclass(frozen=True)
class Difference:
    """How much more one detector has of a figure than another, on the same images.

    Intervals hold other test images, and other trainings where both were trained more than once.

    Attributes:
        difference: the first's figure less the second's.
        interval_95: within which it lies, whoever else is compared; nan where it is undefined.
        share_won: of resamples the first has more in; equal ones are half won.
        verdict: of the first, ``better``, ``worse`` or ``cannot_tell``.
        images: test images it was computed from.
        images_to_settle: about how many more would show it in four of five such test sets; None
            where it is shown already or no number would.
        corrected_interval: the interval that decides where several pairs are judged together, as
            wide as `pipelines.evaluation.several` says; None for a pair judged alone.
        trainings: of each detector, the fewer of the two.
        trainings_to_settle: about how many more of each would show it instead.
    """

    difference: Number
    interval_95: tuple[Number, Number]
    share_won: Number
    verdict: Word
    images: int
    images_to_settle: ToSettle | None
    corrected_interval: tuple[Number, Number] | None = None
    trainings: int = 1
    trainings_to_settle: ToSettle | None = None

    @property
    def deciding_interval(self) -> tuple[float, float]:
        """The interval to show beside the verdict, which is ``cannot_tell`` if it holds 0."""
        return self.interval_95 if self.corrected_interval is None else self.corrected_interval

    def turned(self) -> Difference:
        """Return the second's figure less the first's."""
        corrected = self.corrected_interval
        return replace(
            self,
            difference=-self.difference,
            interval_95=_turned(self.interval_95),
            share_won=1 - self.share_won,
            verdict=OPPOSITE[self.verdict],
            corrected_interval=None if corrected is None else _turned(corrected),
        )


def _turned(ends: tuple[float, float]) -> tuple[float, float]:
    return -ends[1], -ends[0]


def interval(
    point: float,
    values: Floats,
    holding: int,
    a_class: int | None = None,
    luck: Sequence[Luck] = (),
) -> tuple[float, float]:
    """Return the 95 % interval of a figure from its resamples.

    The quantiles are moved by the resamples' own bias, as a small sample's AP is too high and a
    resample's even more so (bias-corrected percentiles, Efron 1987), and spread as Student's t is
    wider than the normal, since the bootstrap of few images varies too little (Hesterberg 2015).
    `scripts/measure/coverage.py` shows how often such intervals hold the truth.

    Args:
        point: the figure itself.
        values: ``(B,)`` in the resamples; nan ones are left out.
        holding: images that hold an object the figure is about; others carry little information.
        a_class: of a mean over classes how many of them hold one class, typically: so many that
            its resamples vary too little by.
        luck: of training, which the resamples hold; none of a detector that was trained once.

    Returns:
        low and high; nan where the figure is undefined, most resamples are, or under five images
        hold an object.
    """
    known = _known(point, values, holding)
    if not known.size:
        return nan, nan
    if np.ptp(known) == 0:
        return _alike(point, 0.0, holding, LEVEL)
    deviation = float(np.std(known))
    images = holding if a_class is None else a_class
    spread = _beyond(deviation, images, luck, LEVEL) / deviation
    below = (np.mean(known < point) + np.mean(known <= point)) / 2
    bias = float(ndtri(np.clip(below, 0.5 / len(known), 1 - 0.5 / len(known))))
    low, high = (_quantile(known, 2 * bias + side, bool(luck)) for side in (-spread, spread))
    return low, high


def difference_interval(
    point: float,
    values: Floats,
    holding: int,
    level: float = LEVEL,
    luck: Sequence[Luck] = (),
) -> tuple[float, float]:
    """Return the interval of a paired difference from its resamples; arguments as of `interval`.

    ``level`` is how often such an interval holds the truth, 0 to 1.

    What a small sample adds to two figures cancels in their difference, so the quantiles are not
    moved. Each end is the outer one of the percentile's and the normal's, both spread as Student's
    t: with 5 to 40 images either alone tells equal detectors apart in up to 8 of 100 test sets, the
    two together in about 5 (`scripts/measure/verdict.py`).
    """
    known = _known(point, values, holding)
    if not known.size:
        return nan, nan
    if np.ptp(known) == 0:
        return _alike(point, -1.0, holding, level)
    deviation = float(np.std(known))
    beyond = _beyond(deviation, holding, luck, level)
    spread, is_far = beyond / deviation, level > LEVEL or bool(luck)
    low, high = (_quantile(known, side, is_far) for side in (-spread, spread))
    return min(low, point - beyond), max(high, point + beyond)


def confidence(point: float, values: Floats, holding: int, luck: Sequence[Luck] = ()) -> float:
    """Return how sure it is that a difference is above 0: at least `SURE` where its interval is.

    It is the level of the one-sided interval, made as `difference_interval` makes it, that begins
    at 0; nan where there is none.
    """
    known = _known(point, values, holding)
    if not known.size:
        return nan
    if np.ptp(known) == 0:  # what `_alike` says of 0
        return 0.5 + math.copysign(0.5 - (1 / (1 + abs(point))) ** holding, point) if point else 0.5
    below = (np.mean(known < 0) + np.mean(known <= 0)) / 2
    by_rank = -float(ndtri(np.clip(below, 0.5 / len(known), 1 - 0.5 / len(known))))
    deviation = float(np.std(known))
    spread = Spread.seen(deviation**2, holding, luck)
    places = np.array([by_rank, point / deviation]) * deviation / math.sqrt(spread.variance)
    places = stdtr(spread.freedom, places)
    level = float(min(places, key=lambda place: abs(place - 0.5)))
    # The ends of an interval lie between two resamples, which decides here as it does there.
    low, high = difference_interval(point, values, holding, LEVEL, luck)
    if low > 0:
        return max(level, SURE)
    return min(level, 1 - SURE) if high < 0 else min(max(level, 1 - JUST_NOT), JUST_NOT)


def _alike(point: float, least: float, holding: int, level: float) -> tuple[float, float]:
    """Return the interval of a figure that is the same in all resamples, since all images agree.

    Images of another kind, on which the figure may be anything from ``least`` to 1, could still be
    as many as would not be drawn in ``holding`` images (the rule of three, exactly).
    """
    share = ((1 - level) / 2) ** (1 / holding)  # at least, of images that are alike
    return share * point + (1 - share) * least, share * point + (1 - share)


def _quantile(known: Floats, place: float, is_far: bool) -> float:
    """Return the value that lies so many normal standard deviations from the middle resample.

    Far out, beyond 95 % or where few trainings make intervals wide, the last few resamples decide,
    among which the usual quantile lies too far inside, and beyond the very last one the normal's
    tail goes on.
    """
    if not is_far:
        return float(np.quantile(known, ndtr(place)))
    last = -float(ndtri(1 / (len(known) + 1)))
    inside = float(np.quantile(known, ndtr(np.clip(place, -last, last)), method="weibull"))
    beyond = max(abs(place) - last, 0.0) * float(np.std(known))
    return inside + math.copysign(beyond, place)


def _known(point: float, values: Floats, holding: int) -> Floats:
    """Return the resamples that are not nan; none where nothing can be said by them."""
    known = values[~np.isnan(values)]
    if math.isnan(point) or holding < LEAST_IMAGES or len(known) < len(values) / 2:
        return known[:0]
    return known


def _beyond(deviation: float, units: int, luck: Sequence[Luck], level: float) -> float:
    """Return how far a normal's interval reaches to either side, by the resamples' deviation."""
    spread = Spread.seen(deviation**2, units, luck)
    return math.sqrt(spread.variance) * float(stdtrit(spread.freedom, 0.5 + level / 2))


def difference(
    first: float,
    second: float,
    first_values: Floats,
    second_values: Floats,
    images: int,
    holding: int,
    level: float | None = None,
    luck: Sequence[Luck] = (),
) -> Difference:
    """Return the paired difference of one figure of two detectors.

    ``…_values`` are ``(B,)``, of the same resamples of the ``images``, of which ``holding`` hold an
    object the figure is about. ``level`` is that of the interval that decides, where the pair is
    one of several; ``luck`` of each detector that was trained more than once.
    """
    more = first - second
    values = first_values - second_values
    known = values[~np.isnan(values)]
    alone = difference_interval(more, values, holding, LEVEL, luck)
    corrected = None if level is None else difference_interval(more, values, holding, level, luck)
    low, high = corrected or alone
    undecided = not (low > 0 or high < 0)
    images_more = trainings_more = None
    if undecided and known.size and holding > 1 and not math.isnan(more):
        spread = Spread.seen(float(np.var(known)), holding, luck)
        images_more = images_to_settle(more, spread, images, level or LEVEL)
        trainings_more = trainings_to_settle(more, spread, level or LEVEL)
    return Difference(
        difference=more,
        interval_95=alone,
        share_won=float(np.mean(known > 0) + np.mean(known == 0) / 2) if known.size else nan,
        verdict="cannot_tell" if undecided else "better" if low > 0 else "worse",
        images=images,
        images_to_settle=images_more,
        corrected_interval=corrected,
        trainings=min(each.trainings for each in luck) if len(luck) == 2 else 1,
        trainings_to_settle=trainings_more,
    )


def difference_in(
    figure: str, new: Resampled, old: Resampled, images: int, level: float | None = None
) -> Difference:
    """Return how much more of a figure the new one has; ``level`` as `difference` takes it.

    Where the images are not the same, those with fewer objects limit what is known.
    """
    return difference(
        new.once[figure],
        old.once[figure],
        new.resamples[figure],
        old.resamples[figure],
        images,
        min(new.holding[figure], old.holding[figure]),
        level,
        (*new.luck(figure), *old.luck(figure)),
    )


def intervals(each: Resampled) -> dict[str, tuple[float, float]]:
    """Return the interval of each figure, all of which lie between 0 and 1."""
    found = {}
    for name, point in each.once.items():
        a_class = images_a_class(each.holding) if name in OVER_CLASSES else None
        luck = each.luck(name)
        low, high = interval(point, each.resamples[name], each.holding[name], a_class, luck)
        found[name] = max(low, 0.0), min(high, 1.0)
    return found


def differences(new: Resampled, old: Resampled, images: int) -> dict[str, Difference]:
    """Return the difference of each figure that both have, by the same resamples."""
    return {name: difference_in(name, new, old, images) for name in new.once if name in old.once}
