"""Learning curves as power laws, and where two of them cross.

A figure grows with the number n of examples as ``ceiling - loss · n^-rate`` (Hestness et al. 2017;
Viering & Loog 2021, on what else has been fitted). For a given rate that is a straight line, so
many resamples are fitted at once, over a fixed row of rates, and nothing can fail to converge.

Learning may also go by steps, as an S: then a power law crosses another at a place of its own. So
where two cross is asked of the measured figures joined by straight lines as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from math import inf, nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.verdict import NEITHER
from pipelines.studies.data.plan import SubsetResult

RATES = np.geomspace(0.1, 3.0, 40)
GRID = 400  # numbers of images tried for a crossing, evenly in their logarithm
LEAST_SIZES = 3  # a curve of three numbers has three
LEARNT = 0.02  # of the figure: more than nothing
Results = Mapping[int, list[SubsetResult]]  # of one contender's trainings, by number of images


class Curves(Protocol):
    """``(B,)`` curves of one contender: that of the mean figures, then those of the resamples."""

    def at(self, images: Floats) -> Floats:
        """Return the ``(B, N)`` figures at numbers of images."""
        ...


@dataclass(frozen=True, eq=False)
class Measured:
    """``(B,)`` curves that are straight, in the logarithm of images, between what was measured.

    Attributes:
        sizes: ``(K,)`` numbers of images, rising.
        values: ``(B, K)`` figures at them: the means of trainings, then each resample's.
    """

    sizes: Floats
    values: Floats

    def at(self, images: Floats) -> Floats:
        """Return the ``(B, N)`` figures at numbers of images; beyond the sizes they are level."""
        places = np.interp(np.log(images), np.log(self.sizes), np.arange(len(self.sizes)))
        before = np.minimum(places.astype(int), len(self.sizes) - 2)
        share = places - before
        low, high = self.values[:, before], self.values[:, before + 1]
        return np.asarray(low + (high - low) * share)


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """``(B,)`` curves; of one contender, that of the mean figures and those of the resamples.

    Attributes:
        ceiling: what is reached with any number of examples, 0 to 1.
        loss: what is missing from it with one example, at least 0.
        rate: how fast that goes away.
    """

    ceiling: Floats
    loss: Floats
    rate: Floats

    def at(self, images: Floats) -> Floats:
        """Return the ``(B, N)`` figures at numbers of images, none below 0."""
        missing = self.loss[:, None] * images[None, :] ** -self.rate[:, None]
        return np.maximum(self.ceiling[:, None] - missing, 0.0)


@dataclass(frozen=True)
class LearningCurve:
    """One contender's power law at numbers of images, and its 95 % band there.

    The others are those of `PowerLaw`.
    """

    images: tuple[float, ...]
    fitted: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ceiling: float
    loss: float
    rate: float


@dataclass(frozen=True)
class Crossover:
    """Where one curve overtakes the other.

    Attributes:
        better_below: which contender is better with fewer images; with no crossover, which is
            better with the most, and ``neither`` where the curves are equal.
        at: number of images; nan for no crossover between the fewest and the most.
        interval_95: of it; 0 and infinity where the curves of resamples cross before or behind.
            Where sizes were trained once it holds the true one in 87 to 89 of 100 studies
            (`scripts/measure/crossover.py`).
        share: of the resamples that agree: there is such a crossover, or there is none; of several
            shapes of curves the least.
    """

    better_below: str
    at: float
    interval_95: tuple[float, float]
    share: float


def fit_power_law(sizes: Floats, values: Floats) -> PowerLaw:
    """Return the least squares fit of each row.

    Args:
        sizes: ``(K,)`` numbers of images, more than 0; three of them differ.
        values: ``(B, K)`` figures, 0 to 1.

    Raises:
        ValueError: there are too few different sizes.
    """
    if len(np.unique(sizes)) < LEAST_SIZES:
        raise ValueError(f"a curve needs {LEAST_SIZES} sizes, not {len(np.unique(sizes))}")
    best = np.full(len(values), inf)
    kept = np.zeros((3, len(values)))
    for rate in RATES:
        x = (sizes / sizes.min()) ** -rate  # 1 down to nearly 0
        middle = x.mean()
        spread = ((x - middle) ** 2).sum()
        loss = np.maximum(-(values @ (x - middle)) / spread, 0.0)
        ceiling = values.mean(axis=1) + loss * middle
        over = ceiling > 1.0
        loss = np.where(over, np.maximum((1.0 - values) @ x / (x @ x), 0.0), loss)
        ceiling = np.minimum(ceiling, 1.0)
        error = ((values - ceiling[:, None] + loss[:, None] * x) ** 2).sum(axis=1)
        better = error < best - 1e-12
        best = np.where(better, error, best)
        new = np.stack([ceiling, loss * sizes.min() ** rate, np.full(len(values), rate)])
        kept = np.where(better, new, kept)
    return PowerLaw(*kept)


def measured_figures(results: Results) -> Measured | None:
    """Return the means of trainings by size, and those of resamples; None for too few sizes.

    A resample draws, for each size, among its trainings with replacement, and takes the figures
    they have in one resample of the test images, the same for all trainings of all contenders. So
    few trainings vary too little when drawn from, which is made good.
    """
    sizes = learning(results)
    if len(sizes) < LEAST_SIZES:
        return None
    random = np.random.default_rng(0)
    drawn = []
    for size in sizes:
        values = np.array([each.precision.resampled for each in results[size]])
        count, mean = len(values), values.mean(axis=0)
        chosen = random.integers(count, size=values.shape)
        by_chance = np.take_along_axis(values, chosen, axis=0).mean(axis=0) - mean
        drawn.append(mean + by_chance * (count / max(count - 1, 1)) ** 0.5)
    resampled = np.stack(drawn, axis=1)
    resampled = resampled[~np.isnan(resampled).any(axis=1)]
    means = [_mean(results[size]) for size in sizes]
    return Measured(np.array(sizes, np.float64), np.vstack([means, resampled]))


def learning(results: Results) -> list[int]:
    """Return the numbers of images from which on something is learnt, if that leaves a curve.

    A power law begins where guessing ends (Hestness et al. 2017, fig. 6).
    """
    sizes = sorted(results)
    beyond = list(dropwhile(lambda size: not _mean(results[size]) >= LEARNT, sizes))
    return beyond if len(beyond) >= LEAST_SIZES else sizes


def _mean(results: list[SubsetResult]) -> float:
    return float(np.mean([each.precision.value for each in results]))


def learning_curve(fitted: PowerLaw, fewest: int, most: int) -> LearningCurve:
    """Return the law of the means with the band of the resamples' laws."""
    grid: Floats = np.geomspace(fewest, most, 40)
    values = fitted.at(grid)
    low, high = np.quantile(values[1:], [0.025, 0.975], axis=0)
    images, mean, low, high = (tuple(row.tolist()) for row in (grid, values[0], low, high))
    law = (float(each[0]) for each in (fitted.ceiling, fitted.loss, fitted.rate))
    return LearningCurve(images, mean, low, high, *law)


def crossover(
    names: tuple[str, str],
    families: Sequence[tuple[Curves, Curves]],
    fewest: int,
    most: int,
) -> Crossover:
    """Return where two contenders' curves cross last, up to the most images.

    ``families`` are both contenders' curves of one shape and then of others, of the same resamples.
    The first that cross say where, and the interval is wide enough for all: the shape that is
    assumed moves the crossing more than the test images do (`scripts/measure/crossover.py`). Both
    were measured from the ``fewest`` to the ``most``.
    """
    grid: Floats = np.geomspace(fewest, most, GRID)
    every = [first.at(grid) - second.at(grid) for first, second in families]
    crossings = [_last_crossings(apart, grid) for apart in every]
    if not every[0][0].any():
        return Crossover(NEITHER, nan, (nan, nan), float((~every[0][1:].any(axis=1)).mean()))
    means = [(places[0], leads[0]) for places, leads in crossings]
    at, ahead = next((mean for mean in means if not np.isnan(mean[0])), means[0])
    lows, highs, shares = [], [], []
    for all_places, leads in crossings:
        agree = leads[1:] == ahead
        # Who is ahead at last in the same way has overtaken before or at the crossing.
        places = np.where(agree, np.nan_to_num(all_places[1:], nan=0.0), inf)
        low, high = np.quantile(places, [0.025, 0.975], method="nearest")
        lows.append(float(low))
        highs.append(float(high))
        shares.append(float(((places > 0) & (places < inf)).mean()))
        if np.isnan(at):
            shares[-1] = float((np.isnan(all_places[1:]) & agree).mean())
    if np.isnan(at):
        return Crossover(names[0 if ahead else 1], nan, (nan, nan), min(shares))
    return Crossover(names[1 if ahead else 0], float(at), (min(lows), max(highs)), min(shares))


def _last_crossings(leads: Floats, grid: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return for each row where its sign last changes, nan if never, and whether it ends above."""
    ahead = _sides(leads) > 0
    changes = ahead[:, 1:] != ahead[:, :-1]
    place = changes.shape[1] - 1 - changes[:, ::-1].argmax(axis=1)
    rows = np.arange(len(leads))
    before, after = leads[rows, place], leads[rows, place + 1]
    share = np.divide(before, before - after, out=np.zeros(len(leads)), where=before != after)
    at = grid[place] * (grid[place + 1] / grid[place]) ** np.clip(share, 0.0, 1.0)
    return np.where(changes.any(axis=1), at, nan), ahead[:, -1]


def _sides(leads: Floats) -> Floats:
    """Return the leads, those of 0 as the next that is not, or the last: equal is not behind.

    Two that have learnt nothing yet are equal, and neither is overtaken when the other begins to.
    """
    columns, known = np.arange(leads.shape[1]), leads != 0
    following = np.where(known, columns, len(columns))
    following = np.minimum.accumulate(following[:, ::-1], axis=1)[:, ::-1]
    last = np.where(known, columns, 0).max(axis=1, keepdims=True)
    return np.take_along_axis(leads, np.minimum(following, last), axis=1)
