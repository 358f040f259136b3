"""The luck of training beside the sampling error of the test images: two levels in one spread.

A figure of K trainings is their mean. Other test images would change it, and so would other
trainings: the two are crossed random effects, whose variances add up. Images are resampled. Of so
few trainings a bootstrap would show too little, so that their variance is estimated with K - 1
degrees of freedom and joins the resamples, and intervals are spread as Student's t with the degrees
that both together have (Satterthwaite 1946). Trainings that are alike by chance would lend theirs
the images' many degrees, and two trainings held 90 instead of 95 of 100; so their variance weighs
(K + 1) / (K - 1) times as much there. How a training meets single images is in both parts, a little
too much. `scripts/measure/repeats.py` counts by simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Luck:
    """The ``variance`` of one detector's mean over so many ``trainings``, two or more."""

    variance: float
    trainings: int

    @classmethod
    def of(cls, figures: Sequence[float]) -> Luck:
        """Return the luck in the mean of each training's figure."""
        return cls(float(np.var(figures, ddof=1)) / len(figures), len(figures))

    def if_trained(self, further: int, share: float = 1.0) -> Luck:
        """Return it with so many more trainings, were ``share`` times the variance the truth."""
        total = self.trainings + further
        return Luck(share * self.variance * self.trainings / total, total)


@dataclass(frozen=True)
class Spread:
    """The variance of a figure by its two sources.

    Attributes:
        by_images: what is due to the test images, of which ``units`` count.
        luck: what is due to each detector's trainings; none where they were trained once.
    """

    by_images: float
    units: float
    luck: Sequence[Luck] = ()

    @classmethod
    def seen(cls, variance: float, units: int, luck: Sequence[Luck] = ()) -> Spread:
        """Return the spread of a figure that varies so much in resamples, which hold the luck."""
        return cls(max(variance - sum(each.variance for each in luck), 0.0), units, luck)

    @property
    def by_training(self) -> float:
        """The variance that is due to all trainings."""
        return sum(each.variance for each in self.luck)

    @property
    def variance(self) -> float:
        """All of it; the bootstrap's is too small where there are few units."""
        return self.by_images * self.units / (self.units - 1) + self.by_training

    @property
    def freedom(self) -> float:
        """Degrees of freedom of Student's t; infinite where nothing varies."""
        images = self.by_images * self.units / (self.units - 1), self.units - 1
        return effective_freedom([images, *_of_trainings(self.luck)])

    @property
    def freedom_of_training(self) -> float:
        """Degrees of freedom of what is due to trainings; infinite where nothing is."""
        return effective_freedom(_of_trainings(self.luck))


def _of_trainings(luck: Sequence[Luck]) -> list[tuple[float, float]]:
    """Return variances as they weigh in degrees of freedom, and those they have."""
    return [
        (each.variance * (each.trainings + 1) / (each.trainings - 1), each.trainings - 1)
        for each in luck
    ]


def effective_freedom(parts: Sequence[tuple[float, float]]) -> float:
    """Return the degrees of freedom of a sum of variances, each with its own (Satterthwaite)."""
    whole = sum(variance for variance, _ in parts)
    if not whole > 0:
        return math.inf
    return 1 / sum((variance / whole) ** 2 / freedom for variance, freedom in parts)
