"""Several trainings of one contender as one detector: the mean of their figures, and its spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from scipy.special import ndtri

from pipelines.evaluation.luck import Luck
from pipelines.evaluation.quality import ClassQuality, Quality, mean_known
from pipelines.evaluation.resampling import Resampled

Q = TypeVar("Q", Quality, ClassQuality)


def over_trainings(each: Sequence[Resampled], seed: int, name: str) -> Resampled:
    """Return the mean of a contender's trainings, judged in the same resamples of the images.

    To its resamples the luck of training is added as a normal's quantiles in an order of chance,
    one for each ``seed`` and ``name``, since two contenders' trainings have nothing in common.
    """
    first = each[0]
    if len(each) == 1:
        return first
    trainings = {figure: tuple(one.once[figure] for one in each) for figure in first.once}
    count = max(len(values) for values in first.resamples.values())
    random = np.random.default_rng([seed, *name.encode()])
    lucky = ndtri((random.permutation(count) + 0.5) / count)
    return Resampled(
        {figure: float(np.mean(reached)) for figure, reached in trainings.items()},
        {
            figure: np.mean([one.resamples[figure] for one in each], axis=0)
            + math.sqrt(Luck.of(reached).variance) * lucky
            for figure, reached in trainings.items()
        },
        first.holding,
        trainings=trainings,
    )


def mean_quality(each: Sequence[Q]) -> Q:
    """Return the mean of each figure over trainings, of precision at each recall too."""
    means: dict[str, Any] = {}
    for name in (field.name for field in fields(each[0])):
        values = [getattr(one, name) for one in each]
        if name == "per_class":
            means[name] = {key: mean_quality([one[key] for one in values]) for key in values[0]}
        elif name == "precision_50":
            means[name] = tuple(np.mean(values, axis=0).tolist())
        elif isinstance(values[0], float):
            means[name] = mean_known(values)
        else:  # numbers of objects and of detections, which are the images'
            means[name] = values[0]
    return type(each[0])(**means)
