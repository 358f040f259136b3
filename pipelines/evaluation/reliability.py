"""How far scores are probabilities: whether of detections scored .8 eight of ten are right."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from pipelines.evaluation.pairs import Bools, Floats
from pipelines.evaluation.undefined import Number

LEAST_SCORE = 0.05  # below it almost all are wrong, and so many that nothing else would count
BINS = 10  # of equal width, from 0 to 1


@dataclass(frozen=True)
class ReliabilityBin:
    """Detections with scores alike: how many, their mean score, and the share that is right."""

    detections: int
    score: float
    right: float


@dataclass(frozen=True)
class Reliability:
    """How far scores from `LEAST_SCORE` on are probabilities.

    Attributes:
        expected_error: expected calibration error (Naeini et al. 2015; of detections Küppers et al.
            2020): how far a bin's mean score is from the share of its detections that is right, on
            average over detections. nan without any, or where scores go beyond 1.
        bins: those with a detection, the lowest scores first.
    """

    expected_error: Number
    bins: tuple[ReliabilityBin, ...] = ()


def reliability(scores: Floats, right: Bools) -> Reliability:
    """Return it of ``(N,)`` scores of detections, and whether each is right."""
    counts = scores >= LEAST_SCORE
    scores, right = scores[counts], right[counts]
    if not len(scores) or scores.max() > 1:
        return Reliability(nan)
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = tuple(
        ReliabilityBin(int(here.sum()), float(scores[here].mean()), float(right[here].mean()))
        for here in (places == place for place in np.unique(places))
    )
    apart = sum(each.detections * abs(each.score - each.right) for each in bins)
    return Reliability(apart / len(scores), bins)
