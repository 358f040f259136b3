"""Learning curves as power laws, and where two of them cross.

A figure grows with the number n of examples as ``ceiling - loss · n^-rate`` (Hestness et al. 2017;
Viering & Loog 2021, on what else has been fitted). For a given rate that is a straight line, so
many resamples are fitted at once, over a fixed row of rates, and nothing can fail to converge.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.pairs import Floats

RATES = np.geomspace(0.1, 3.0, 40)
GRID = 400  # numbers of images tried for a crossing, evenly in their logarithm
LEAST_SIZES = 3  # a curve of three numbers has three


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """B curves.

    Attributes:
        ceiling: ``(B,)`` what is reached with any number of examples, 0 to 1.
        loss: ``(B,)`` what is missing from it with one example, at least 0.
        rate: ``(B,)`` how fast that goes away.
    """

    ceiling: Floats
    loss: Floats
    rate: Floats

    def at(self, images: Floats) -> Floats:
        """Return the ``(B, N)`` figures at numbers of images, none below 0."""
        missing = self.loss[:, None] * images[None, :] ** -self.rate[:, None]
        return np.maximum(self.ceiling[:, None] - missing, 0.0)


@dataclass(frozen=True)
class FittedCurve:
    """One contender's power law.

    Attributes:
        mean: of the mean figures, a single row.
        resampled: of each resample.
    """

    mean: PowerLaw
    resampled: PowerLaw


@dataclass(frozen=True)
class Crossover:
    """Where one curve overtakes the other.

    Attributes:
        better_below: which contender is better with fewer images; with no crossover, which is
            better with the most.
        at: number of images; nan for no crossover between the fewest and the most.
        interval_95: of it; 0 and infinity where the curves of resamples cross before or behind.
        share: of the resamples that agree: there is such a crossover, or there is none.
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


def crossover(
    names: tuple[str, str], curves: tuple[FittedCurve, FittedCurve], fewest: int, most: int
) -> Crossover:
    """Return where two curves cross last, up to the most images.

    Args:
        names: of the two contenders.
        curves: of each, with the same resamples.
        fewest: images anything was measured with.
        most: images anything was measured with.
    """
    grid: Floats = np.geomspace(fewest, most, GRID)
    first, second = curves
    (at,), (ahead,) = _last_crossings(first.mean.at(grid) - second.mean.at(grid), grid)
    places, leads = _last_crossings(first.resampled.at(grid) - second.resampled.at(grid), grid)
    agree = leads == ahead
    if np.isnan(at):
        share = float((np.isnan(places) & agree).mean())
        return Crossover(names[0 if ahead else 1], nan, (nan, nan), share)
    # Who is ahead at last in the same way has overtaken before or at the crossing.
    places = np.where(agree, np.nan_to_num(places, nan=0.0), inf)
    low, high = np.quantile(places, [0.025, 0.975], method="nearest")
    share = float(((places > 0) & (places < inf)).mean())
    return Crossover(names[1 if ahead else 0], float(at), (float(low), float(high)), share)


def _last_crossings(leads: Floats, grid: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return for each row where its sign last changes, nan if never, and whether it ends above."""
    ahead = leads > 0
    changes = ahead[:, 1:] != ahead[:, :-1]
    place = changes.shape[1] - 1 - changes[:, ::-1].argmax(axis=1)
    rows = np.arange(len(leads))
    before, after = leads[rows, place], leads[rows, place + 1]
    share = np.divide(before, before - after, out=np.zeros(len(leads)), where=before != after)
    at = grid[place] * (grid[place + 1] / grid[place]) ** np.clip(share, 0.0, 1.0)
    return np.where(changes.any(axis=1), at, nan), ahead[:, -1]
