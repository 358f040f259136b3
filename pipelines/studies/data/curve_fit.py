"""Learning curves as power laws, and where two of them cross.

A figure grows with the number n of examples as ``ceiling - loss · n^-rate`` (Hestness et al. 2017;
Viering & Loog 2021, on what else has been fitted). For a given rate that is a straight line, so
many resamples are fitted at once, over a fixed row of rates, and nothing can fail to converge.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np

from pipelines.evaluation.pairs import Floats

RATES = np.geomspace(0.1, 3.0, 40)
GRID = 400  # numbers of images looked at for a crossing, evenly in their logarithm
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
class Crossover:
    """Where one curve overtakes the other.

    Attributes:
        better_below: which is better with fewer images, ``classical`` or ``yolo``; with no
            crossover, which is better with the most.
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
        loss = -(values @ (x - middle)) / spread
        loss = np.maximum(loss, 0.0)
        ceiling = values.mean(axis=1) + loss * middle
        over = ceiling > 1.0
        loss = np.where(over, np.maximum((1.0 - values) @ x / (x @ x), 0.0), loss)
        ceiling = np.minimum(ceiling, 1.0)
        error = ((values - ceiling[:, None] + loss[:, None] * x) ** 2).sum(axis=1)
        better = error < best - 1e-12
        best[better] = error[better]
        new = ceiling, loss * sizes.min() ** rate, np.full(len(values), rate)
        for row, found in zip(kept, new, strict=True):
            row[better] = found[better]
    return PowerLaw(*kept)


def crossover(
    point: tuple[PowerLaw, PowerLaw], rounds: tuple[PowerLaw, PowerLaw], fewest: int, most: int
) -> Crossover:
    """Return where the classical curve and YOLO's cross last, up to the most images.

    Args:
        point: the two curves, a row each.
        rounds: the same in resamples.
        fewest: images anything was measured with.
        most: images anything was measured with.
    """
    grid = np.geomspace(fewest, most, GRID)
    (only,) = _last_crossings(point[0].at(grid) - point[1].at(grid), grid)
    leads = rounds[0].at(grid) - rounds[1].at(grid)
    at, ahead_at_last = only
    found = _last_crossings(leads, grid)
    if np.isnan(at):
        name = "classical" if ahead_at_last else "yolo"
        agree = [np.isnan(where) and ahead == ahead_at_last for where, ahead in found]
        return Crossover(name, nan, (nan, nan), float(np.mean(agree)))
    name = "yolo" if ahead_at_last else "classical"
    # Who is ahead at last in the same way has overtaken before or at the crossing.
    places = [
        (0.0 if np.isnan(where) else where) if ahead == ahead_at_last else inf
        for where, ahead in found
    ]
    low, high = np.quantile(places, [0.025, 0.975], method="nearest")
    share = float(np.mean([0 < place < inf for place in places]))
    return Crossover(name, float(at), (float(low), float(high)), share)


def _last_crossings(leads: Floats, grid: Floats) -> list[tuple[float, bool]]:
    """Return for each row where its sign last changes, nan if never, and whether it ends above."""
    made = []
    for row in leads:
        ahead = row > 0
        changes = np.flatnonzero(ahead[1:] != ahead[:-1])
        at = nan
        if changes.size:
            place = int(changes[-1])
            share = row[place] / (row[place] - row[place + 1])
            at = float(grid[place] * (grid[place + 1] / grid[place]) ** share)
        made.append((at, bool(ahead[-1])))
    return made
