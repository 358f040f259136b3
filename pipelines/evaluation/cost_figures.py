"""What detectors cost for 1,000 images, with intervals, and whose costs differ for sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np

from pipelines.evaluation.costs import Costs
from pipelines.evaluation.pairs import Bools, Floats, Ints
from pipelines.evaluation.resampling import Resampled, Units
from pipelines.evaluation.several import pairwise
from pipelines.evaluation.significance import Difference, interval
from pipelines.evaluation.undefined import Number

IMAGES = 1000
SAVED = "saved"  # the one figure that is compared
NUMBERS = 20_000_000  # of images in resamples, multiplied together: 200 MB


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval, nan for what does not exist."""

    value: Number = nan
    interval_95: tuple[Number, Number] = (nan, nan)


@dataclass(frozen=True)
class CostFigures:
    """What a detector does in 1,000 images like those of the test split.

    Attributes:
        missed: objects.
        false_alarms: wrong detections.
        hours: on this machine, one image at a time.
        cost: of all three; nan without costs.
    """

    missed: Estimate
    false_alarms: Estimate
    hours: Estimate
    cost: Estimate


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What a detector did in each test image.

    Attributes:
        missed: ``(I,)`` objects.
        false_alarms: ``(I,)`` wrong detections.
        seconds: ``(1 + B,)`` an image takes on average, and in resamples of the calls and images;
            nan where it was not timed.
    """

    missed: Ints
    false_alarms: Ints
    seconds: Floats

    def cost(self, costs: Costs) -> Floats:
        """Return what each image's mistakes cost, ``(I,)``, without its time."""
        return costs.miss * self.missed + costs.false_alarm * self.false_alarms

    def time_cost(self, costs: Costs) -> Floats:
        """Return what an image's time costs, ``(1 + B,)`` as ``seconds``; 0 where it is free."""
        return costs.second * self.seconds if costs.second else np.zeros_like(self.seconds)


def seconds_of(calls_ms: tuple[float, ...] | None, resamples: int, seed: int) -> Floats:
    """Return the mean call in seconds, and in resamples of the calls; nan without any."""
    if not calls_ms:
        return np.full(1 + resamples, nan)
    calls = np.array(calls_ms) / 1000
    drawn = np.random.default_rng(seed).integers(len(calls), size=(resamples, len(calls)))
    return np.append(calls.mean(), calls[drawn].mean(axis=1))


def cost_figures(
    mistakes: Mistakes, units: Units, seed: int, costs: Costs | None = None
) -> CostFigures:
    """Return the figures for 1,000 images, resampled by images or groups of them."""
    count = len(np.unique(units.group))
    means = {
        name: image_means(values, units, seed)
        for name, values in (
            ("missed", mistakes.missed),
            ("false_alarms", mistakes.false_alarms),
        )
    }
    scales = {name: max(1.0, float(getattr(mistakes, name).max(initial=0))) for name in means}
    hours = Estimate(
        IMAGES * float(mistakes.seconds[0]) / 3600,
        _ends(IMAGES * mistakes.seconds[1:] / 3600),
    )
    cost = Estimate()
    if costs is not None:
        whole, scale = total(mistakes, units, seed, costs)
        cost = estimate(whole, count, scale)
    of_each = {name: estimate(each, count, scales[name]) for name, each in means.items()}
    return CostFigures(of_each["missed"], of_each["false_alarms"], hours, cost)


def image_means(values: Floats | Ints | Bools, units: Units, seed: int) -> Floats:
    """Return the ``(1 + B,)`` mean of ``(I,)`` values an image, and in each resample of them."""
    weights, images = units.counts(seed), len(units.group)
    resampled: list[float] = []
    rows = max(NUMBERS // max(images, 1), 1)
    for start in range(0, len(weights), rows):
        some = weights[start : start + rows, units.group]
        resampled += (some @ values.astype(np.float64) / some.sum(axis=1)).tolist()
    return np.append(values.mean(), resampled)


def total(mistakes: Mistakes, units: Units, seed: int, costs: Costs) -> tuple[Floats, float]:
    """Return the ``(1 + B,)`` cost of an image, time included, and the most one can cost."""
    of_images = mistakes.cost(costs)
    scale = float(of_images.max(initial=0)) or 1.0
    return image_means(of_images, units, seed) + mistakes.time_cost(costs), scale


def estimate(values: Floats, units: int, scale: float) -> Estimate:
    """Return 1,000 times a mean over images with its interval, from it and its resamples.

    ``scale`` is the most it is in an image: where all images agree, others may not.
    """
    if isnan(values[0]):
        return Estimate()
    low, high = interval(float(values[0]) / scale, values[1:] / scale, units)
    return Estimate(
        IMAGES * float(values[0]), (IMAGES * scale * max(low, 0.0), IMAGES * scale * high)
    )


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def saved(
    detectors: Mapping[str, Mistakes], units: Units, seed: int, costs: Costs
) -> dict[str, Difference]:
    """Return how much less the first of every two costs for 1,000 images: ``<a>_against_<b>``.

    Verdicts are corrected for the number of pairs, and ``better`` is who costs less.
    """
    count, images = len(np.unique(units.group)), len(units.group)
    totals = {name: total(each, units, seed, costs) for name, each in detectors.items()}
    known = {name: each for name, (each, _) in totals.items() if not isnan(each[0])}
    # A difference lies between -1 and 1 then, as those of mAP do.
    scale = max((scale for _, scale in totals.values()), default=1.0)
    judged = {
        name: Resampled({SAVED: -each[0] / scale}, {SAVED: -each[1:] / scale}, {SAVED: count})
        for name, each in known.items()
    }
    return {
        f"{a}_against_{b}": _times(found[SAVED], IMAGES * scale)
        for (a, b), found in pairwise(judged, images).items()
    }


def _times(found: Difference, factor: float) -> Difference:
    low, high = found.interval_95
    corrected = found.corrected_interval
    return replace(
        found,
        difference=factor * found.difference,
        interval_95=(factor * low, factor * high),
        corrected_interval=None
        if corrected is None
        else (factor * corrected[0], factor * corrected[1]),
    )
