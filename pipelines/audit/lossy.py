"""Logistic regression where some that are *yes* were said to be *no*: labels under suspicion.

What detectors see can't be calibrated against labels as they are, for the labels are what is in
question. So the share of objects that nobody labelled is learnt with the rest: a *yes* is lost with
one probability, however sure the witnesses are. It shows where they are surest and would always be
right, and there the share that is said to be *yes* stays below one (Elkan & Noto, KDD 2008; the
lapse rate of Wichmann & Hill 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipelines.evaluation.pairs import Bools, Floats

MOST_LOST = 0.5
# As if so many had been seen that are lost and that are not, which few images need.
LOST_BEFORE, KEPT_BEFORE = 1.0, 20.0


@dataclass(frozen=True, eq=False)
class LossyLogistic:
    """A fitted regression: ``(F,)`` weights, and the share of *yes* that is said to be *no*."""

    weights: Floats
    lost: float

    def chance(self, features: Floats) -> Floats:
        """Return the ``(N,)`` probabilities that the answer is *yes*, whatever was said."""
        return _sigmoid(features @ self.weights)

    def chance_of_no(self, features: Floats) -> Floats:
        """Return the ``(N,)`` probabilities that it is *yes* where *no* was said."""
        chance = self.chance(features)
        return np.asarray(self.lost * chance / (1 - (1 - self.lost) * chance))


def fitted(
    features: Floats,
    said: Bools,
    prior: ArrayLike = 0.0,
    held: ArrayLike = 0.1,
    weight: ArrayLike = 1.0,
    lost: float | None = None,
) -> LossyLogistic:
    """Return the regression that makes what was said likeliest.

    Args:
        features: ``(N, F)``.
        said: ``(N,)`` whether *yes* was.
        prior: ``(F,)`` weights where nothing speaks for others.
        held: ``(F,)`` how strongly they are held to it.
        weight: ``(N,)`` how much each counts.
        lost: the share that is lost, None to find it.
    """
    from scipy.optimize import minimize  # takes a moment

    count = features.shape[1]
    at_first = np.broadcast_to(np.asarray(prior, np.float64), (count,))
    strength = np.broadcast_to(np.asarray(held, np.float64), (count,))
    sign, counts = said.astype(np.float64), np.broadcast_to(weight, said.shape)

    def loss(values: Floats) -> tuple[float, Floats]:
        weights, share = values[:count], _sigmoid(values[count:])
        gone = lost if lost is not None else float(MOST_LOST * share[0])
        chance = _sigmoid(features @ weights)
        yes = np.clip((1 - gone) * chance, 1e-12, 1 - 1e-12)
        away = weights - at_first
        total = -(counts * (sign * np.log(yes) + (1 - sign) * np.log1p(-yes))).sum()
        total += (strength * away**2).sum()
        by_yes = counts * ((1 - sign) / (1 - yes) - sign / yes)
        slope = features.T @ (by_yes * (1 - gone) * chance * (1 - chance)) + 2 * strength * away
        if lost is not None:
            return float(total), slope
        total -= LOST_BEFORE * np.log(gone) + KEPT_BEFORE * np.log1p(-gone)
        by_lost = -(by_yes * chance).sum() - LOST_BEFORE / gone + KEPT_BEFORE / (1 - gone)
        return float(total), np.append(slope, by_lost * gone * (1 - share))

    begin = [] if lost is not None else [np.log(0.02 / (MOST_LOST - 0.02))]
    values = minimize(loss, np.append(at_first, begin), jac=True, method="L-BFGS-B").x
    found = float(MOST_LOST * _sigmoid(values[count:])[0]) if lost is None else lost
    return LossyLogistic(values[:count], found)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -values)))
