"""From trainings to curves: which of them count, their power law, and its band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.figures import numbers
from pipelines.studies.data.curve_fit import LEAST_SIZES, PowerLaw, fit_power_law
from pipelines.studies.data.plan import Key

LEARNT = 0.02  # mAP@.50 that is more than nothing


@dataclass(frozen=True)
class Curve:
    """One pipeline's learning curve, mAP@.50.

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


def laws_of(found: Mapping[Key, Mapping[str, Any]]) -> tuple[PowerLaw, PowerLaw] | None:
    """Return the law of the means, and those of resamples; None for too few sizes.

    A resample draws, for each size, among its trainings with replacement, and takes the figures
    they have in one resample of the test images, the same for all trainings of both pipelines.
    """
    sizes = learning(found)
    if len(sizes) < LEAST_SIZES:
        return None
    random = np.random.default_rng(0)
    means, drawn = [], []
    for size in sizes:
        mine = [told for key, told in found.items() if key.images == size]
        means.append(np.mean([told["map_50"] for told in mine]))
        values = np.stack([numbers(told["resampled_map_50"]) for told in mine])
        rounds = values.shape[1]
        chosen = random.integers(len(mine), size=(len(mine), rounds))
        drawn.append(values[chosen, np.arange(rounds)].mean(axis=0))
    resampled = np.stack(drawn, axis=1)
    resampled = resampled[~np.isnan(resampled).any(axis=1)]
    return fit_power_law(sizes, np.array([means])), fit_power_law(sizes, resampled)


def learning(found: Mapping[Key, Mapping[str, Any]]) -> Floats:
    """Return the numbers of images from which on something is learnt, if that leaves a curve.

    A power law begins where guessing ends (Hestness et al. 2017, fig. 6).
    """
    means = {
        number: np.mean([told["map_50"] for key, told in found.items() if key.images == number])
        for number in sorted({key.images for key in found})
    }
    first = next((n for n, mean in means.items() if mean >= LEARNT), 0)
    beyond = [number for number in means if number >= first]
    return np.array(beyond if len(beyond) >= LEAST_SIZES else list(means), np.float64)


def curve_of(laws: tuple[PowerLaw, PowerLaw], fewest: int, most: int) -> Curve:
    """Return the law of the means with the band of the resamples' laws."""
    grid: Floats = np.geomspace(fewest, most, 40)
    low, high = np.quantile(laws[1].at(grid), [0.025, 0.975], axis=0)
    return Curve(
        images=tuple(grid.tolist()),
        fitted=tuple(laws[0].at(grid)[0].tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        ceiling=float(laws[0].ceiling[0]),
    )
