"""From trainings to curves: which of them count, their power law, and its band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.studies.data.curve_fit import LEAST_SIZES, FittedCurve, fit_power_law
from pipelines.studies.data.plan import SubsetResult

LEARNT = 0.02  # mAP@.50 that is more than nothing
Results = Mapping[int, list[SubsetResult]]  # of one contender's trainings, by number of images


@dataclass(frozen=True)
class LearningCurve:
    """One contender's learning curve, mAP@.50.

    Attributes:
        images: numbers of images.
        fitted: the power law there.
        low: lower end of its 95 % band.
        high: upper end.
        ceiling: what the law gives with any number of images.
    """

    images: tuple[float, ...]
    fitted: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ceiling: float


def fitted_curve(results: Results) -> FittedCurve | None:
    """Return the law of the means, and those of resamples; None for too few sizes.

    A resample draws, for each size, among its trainings with replacement, and takes the figures
    they have in one resample of the test images, the same for all trainings of all contenders.
    """
    sizes = learning(results)
    if len(sizes) < LEAST_SIZES:
        return None
    random = np.random.default_rng(0)
    drawn = []
    for size in sizes:
        values = np.array([each.precision.resampled_map_50 for each in results[size]])
        chosen = random.integers(len(values), size=values.shape)
        drawn.append(values[chosen, np.arange(values.shape[1])].mean(axis=0))
    resampled = np.stack(drawn, axis=1)
    resampled = resampled[~np.isnan(resampled).any(axis=1)]
    images, means = np.array(sizes, np.float64), np.array([[_mean(results[n]) for n in sizes]])
    return FittedCurve(fit_power_law(images, means), fit_power_law(images, resampled))


def learning(results: Results) -> list[int]:
    """Return the numbers of images from which on something is learnt, if that leaves a curve.

    A power law begins where guessing ends (Hestness et al. 2017, fig. 6).
    """
    sizes = sorted(results)
    first = next((size for size in sizes if _mean(results[size]) >= LEARNT), 0)
    beyond = [size for size in sizes if size >= first]
    return beyond if len(beyond) >= LEAST_SIZES else sizes


def _mean(results: list[SubsetResult]) -> float:
    return float(np.mean([each.precision.map_50 for each in results]))


def learning_curve(fitted: FittedCurve, fewest: int, most: int) -> LearningCurve:
    """Return the law of the means with the band of the resamples' laws."""
    grid: Floats = np.geomspace(fewest, most, 40)
    low, high = np.quantile(fitted.resampled.at(grid), [0.025, 0.975], axis=0)
    return LearningCurve(
        images=tuple(grid.tolist()),
        fitted=tuple(fitted.mean.at(grid)[0].tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        ceiling=float(fitted.mean.ceiling[0]),
    )
