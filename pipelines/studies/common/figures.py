"""Figures that studies share: mAP with its interval and resamples, as cells keep them."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set
from pipelines.evaluation.resampling import bootstrap_counts, images_holding, of_every_size
from pipelines.evaluation.significance import interval

RESAMPLES = 400  # of the test images, the same for whatever is compared on them


def figures(
    truth: Sequence[Annotations],
    found: Sequence[Detections],
    classes: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Return mAP, the interval of mAP@.50 and its value in each resample, as JSON has them.

    Args:
        truth: of each image.
        found: in each image.
        classes: names in label order.
        seed: of the resamples.
    """
    given = evaluation_set(truth, found, classes)
    once = of_every_size(given, np.ones((1, len(truth)), np.int16))
    values = of_every_size(given, bootstrap_counts(len(truth), seed, RESAMPLES))["map_50"]
    point = float(once["map_50"][0])
    ends_95 = interval(point, values, images_holding(given)["map_50"])
    return {
        "map_50": none_for_nan(point),
        "map_50_95": none_for_nan(float(once["map_50_95"][0])),
        "interval_95": [none_for_nan(end) for end in ends_95],
        "resampled_map_50": [none_for_nan(round(float(value), 5)) for value in values],
    }


def none_for_nan(value: float) -> float | None:
    """Return the number as JSON has it."""
    return None if np.isnan(value) else value


def number(value: float | None) -> float:
    """Return a number from JSON, nan for null."""
    return nan if value is None else float(value)


def numbers(values: Sequence[float | None]) -> Floats:
    """Return numbers from JSON, nan for null."""
    return np.array([number(value) for value in values])


def ends(values: Floats) -> tuple[float, float]:
    """Return the ends of the middle 95 % of resampled figures, nan if one of them is."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def medians(calls: Floats, random: np.random.Generator, resamples: int = 1000) -> Floats:
    """Return the ``(B,)`` medians of resampled calls, nan of none."""
    if not len(calls):
        return np.full(resamples, nan)
    return np.median(calls[random.integers(len(calls), size=(resamples, len(calls)))], axis=1)
