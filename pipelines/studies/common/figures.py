"""Figures that studies share: mAP with its interval and resamples, resampled calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import msgspec
import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set
from pipelines.evaluation.resampling import (
    DECISIVE,
    Units,
    images_a_class,
    of_every_size,
)
from pipelines.evaluation.significance import interval
from pipelines.evaluation.undefined import Number
from pipelines.studies.common.verdict import Sampled

RESAMPLES = 400  # of the test images, the same for whatever is compared on them


class MeanPrecision(msgspec.Struct, frozen=True):
    """How good detections of the test images are, nan where they hold no object.

    Attributes:
        map_50: mAP@.50.
        map_50_95: mAP@[.50:.95].
        interval_95: of the one that decides.
        resampled: that one in each resample of the images.
        images: test images, or groups of them, that hold an object.
        figure: which of the two decides.
    """

    map_50: Number
    map_50_95: Number
    interval_95: tuple[Number, Number]
    resampled: tuple[Number, ...]
    images: int
    figure: str = DECISIVE

    @property
    def value(self) -> float:
        """The figure that decides."""
        return float(getattr(self, self.figure))

    @property
    def sampled(self) -> Sampled:
        """Return it as verdicts take it."""
        return Sampled(self.value, np.array(self.resampled), self.images)


def mean_precision(
    truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    seed: int,
    groups: Sequence[str] | None = None,
    figure: str = DECISIVE,
) -> MeanPrecision:
    """Return mAP, the interval of the ``figure`` that decides and its value in each resample.

    ``groups`` are as `EvaluationImages` has them.
    """
    evaluated = evaluation_set(truth, detections, classes)
    once = of_every_size(evaluated, np.ones((1, len(truth)), np.int16))
    units = Units.of(len(truth), groups)
    resampled = of_every_size(evaluated, units.counts(seed, RESAMPLES), units.group)
    values, holding = resampled[figure], units.holding(evaluated)
    span = interval(float(once[figure][0]), values, holding[figure], images_a_class(holding))
    return MeanPrecision(
        float(once["map_50"][0]),
        float(once["map_50_95"][0]),
        span,
        tuple(values.round(5).tolist()),
        holding[figure],
        figure,
    )


def pairs(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return every two of the contenders by ``<a>_against_<b>``, in their order."""
    return {
        f"{first}_against_{second}": (first, second) for first, second in combinations(names, 2)
    }


def ends(values: Floats) -> tuple[float, float]:
    """Return the ends of the middle 95 % of resampled figures, nan if one of them is."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def medians(calls: Floats, random: np.random.Generator, resamples: int = 1000) -> Floats:
    """Return the ``(B,)`` medians of resampled calls."""
    return np.median(calls[random.integers(len(calls), size=(resamples, len(calls)))], axis=1)


def with_interval(
    value: float, interval_95: tuple[float, float], digits: int = 3, unit: str = ""
) -> str:
    """Return a figure and its interval as answers have them, as ``0.912 [0.870 0.951]``."""
    low, high = interval_95
    return f"{value:.{digits}f}{unit} [{low:.{digits}f} {high:.{digits}f}]"


def whom(count: int) -> str:
    """Return what to call all of so many contenders."""
    return {1: "it", 2: "both"}.get(count, "all")
