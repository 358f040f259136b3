"""What mistakes cost: missed objects, false alarms and time, and the threshold that costs least.

Costs are linear in how many objects are missed and how many detections are wrong, so the cheapest
threshold, whatever the two costs, is a corner of the convex hull of what thresholds reach (Provost
& Fawcett 2001). A handful of corners therefore answers for all costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.matching import matched
from pipelines.evaluation.operating_point import IOU, ChosenThreshold, halfway
from pipelines.evaluation.pairs import Bools, Floats, Ints


@dataclass(frozen=True)
class Costs:
    """What one object missed, one false alarm and one second on this machine cost, in one unit."""

    miss: float
    false_alarm: float
    second: float


@dataclass(frozen=True)
class TradeOff:
    """A score threshold, and how many objects and false alarms it misses and raises somewhere."""

    threshold: float
    missed: int
    false_alarms: int

    def cost(self, costs: Costs) -> float:
        """Return what the mistakes cost."""
        return costs.miss * self.missed + costs.false_alarm * self.false_alarms


@dataclass(frozen=True, eq=False)
class Judged:
    """Every detection of some images judged once, for all thresholds at the same time.

    COCO's matching goes down the scores: what a detection is does not depend on those below it.

    Attributes:
        image: ``(N,)`` the place of its image; those of *ignore* objects are left out.
        score: ``(N,)``, the highest first.
        right: ``(N,)`` whether it found an object of its class at IoU .50.
        objects: ``(I,)`` how many objects are to be found in each image.
    """

    image: Ints
    score: Floats
    right: Bools
    objects: Ints

    @classmethod
    def of(cls, ground_truth: Sequence[Annotations], found: Sequence[Detections]) -> Judged:
        """Return the judged detections of images.

        Raises:
            ValueError: there are not as many detections as images.
        """
        rows, objects, table = matched(ground_truth, found, IOU)
        counts = np.flatnonzero(~table.ignored[:, 0])
        counts = counts[np.argsort(-rows.score[counts], kind="stable")]
        wanted = objects.image[~objects.ignore]
        return cls(
            rows.image[counts],
            rows.score[counts],
            table.true_positive[counts, 0],
            np.bincount(wanted, minlength=len(ground_truth)),
        )

    def mistakes(self, threshold: float) -> tuple[Ints, Ints]:
        """Return how many objects each image has missed and false alarms raised, ``(I,)`` each."""
        shown, images = self.score >= threshold, len(self.objects)
        right = np.bincount(self.image[shown & self.right], minlength=images)
        wrong = np.bincount(self.image[shown & ~self.right], minlength=images)
        return self.objects - right, wrong

    def totals(self, thresholds: Floats) -> tuple[Ints, Ints]:
        """Return how many objects are missed and false alarms raised together, ``(T,)`` each."""
        shown = np.searchsorted(-self.score, -thresholds, "right")
        right = np.append(0, np.cumsum(self.right))[shown]
        return self.objects.sum() - right, shown - right

    def f1(self, threshold: float) -> float:
        """Return F1 at a threshold, nan without anything right."""
        missed, wrong = (int(each.sum()) for each in self.mistakes(threshold))
        right = int(self.objects.sum()) - missed
        return 2 * right / (2 * right + missed + wrong) if right else nan


def trade_offs(judged: Judged) -> tuple[TradeOff, ...]:
    """Return the thresholds that can be the cheapest, the highest first.

    The first shows nothing at all.
    """
    objects, count = int(judged.objects.sum()), len(judged.score)
    last = np.flatnonzero(np.append(judged.score[1:] != judged.score[:-1], True)[:count])
    right = np.cumsum(judged.right)[last]
    wrong = last + 1 - right
    nothing = float(np.nextafter(max(1.0, float(judged.score.max(initial=0.0))), inf))
    corners = [(nothing, 0, 0)]
    for place, hits, alarms in zip(last, right, wrong, strict=True):
        point = halfway(judged.score, int(place)), int(hits), int(alarms)
        while len(corners) > 1 and _is_below(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    # Behind the one that finds most, further ones only raise alarms.
    most = max(hits for _, hits, _ in corners)
    end = next(place for place, (_, hits, _) in enumerate(corners) if hits == most)
    kept = corners[: end + 1]
    return tuple(TradeOff(score, objects - hits, alarms) for score, hits, alarms in kept)


def _is_below(
    before: tuple[float, int, int], corner: tuple[float, int, int], after: tuple[float, int, int]
) -> bool:
    """Say whether a corner lies on or below the line between its neighbours."""
    gained, more = corner[1] - before[1], corner[2] - before[2]
    return gained * (after[2] - before[2]) <= (after[1] - before[1]) * more


def cheapest(points: Sequence[TradeOff], costs: Costs) -> TradeOff:
    """Return the trade-off that costs least, the highest threshold of equal ones."""
    return min(points, key=lambda each: each.cost(costs))


def least_cost(judged: Judged, costs: Costs) -> ChosenThreshold:
    """Return the threshold that costs least on these images, with its F1 there.

    Choose it on the validation split and judge by it on the test split.
    """
    point = cheapest(trade_offs(judged), costs)
    return ChosenThreshold(point.threshold, judged.f1(point.threshold), "cost")
