"""The score from which on a detection counts: where F1 is best on the validation split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.confusion import confusion
from pipelines.evaluation.matching import match
from pipelines.evaluation.undefined import Number

NO_THRESHOLD = 0.5  # where nothing speaks for another


@dataclass(frozen=True)
class ChosenThreshold:
    """A score threshold, and precision, recall and F1 on the images it was chosen on, or nan."""

    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ConfusionMatrix:
    """What was detected as what.

    Attributes:
        classes: names in label order, and ``background``.
        matrix: see `pipelines.evaluation.confusion.Confusion`.
    """

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class OperatingPoint:
    """A detector at one score threshold on the test images; undefined shares are nan.

    Attributes:
        threshold: detections below this score do not count.
        chosen_on: the images on which it has the best F1.
        precision: share of the detections that are right.
        recall: share of the objects that are found.
        f1: their harmonic mean.
        chosen_f1: F1 on the images it was chosen on.
        confusion: which class was taken for which.
    """

    threshold: float
    chosen_on: Literal["validation", "test"]
    precision: Number
    recall: Number
    f1: Number
    chosen_f1: Number
    confusion: ConfusionMatrix


def best_f1(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    iou_threshold: float = 0.5,
) -> ChosenThreshold:
    """Return the threshold with the best F1 over all classes, the highest of equal ones.

    Choose it on the validation split and judge by it on the test split. Without objects, without
    detections or without a single right one no threshold is better than another: it is then 0.5
    and the figures are nan.

    Raises:
        ValueError: there are not as many detections as images.
    """
    scores, right = [np.zeros(0)], [np.zeros(0, bool)]
    for truth, found in zip(ground_truth, detections, strict=True):
        matches = match(truth, found, iou_threshold)
        counts = ~matches.ignored
        scores.append(found.scores[counts])
        right.append(matches.true_positive[counts])
    objects = sum(int((~truth.ignore).sum()) for truth in ground_truth)
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind="stable")
    ranked = all_scores[order]
    hits = np.cumsum(np.concatenate(right)[order])
    if not hits.size or not hits[-1]:
        return ChosenThreshold(NO_THRESHOLD, nan, nan, nan)
    shown = np.arange(1, len(hits) + 1)
    f1 = 2 * hits / (shown + objects)
    # A threshold takes all detections of one score, so only the last of each counts.
    last = np.append(ranked[1:] != ranked[:-1], True)
    best = int(np.argmax(np.where(last, f1, -1.0)))
    return ChosenThreshold(
        threshold=float(ranked[best]),
        precision=float(hits[best] / shown[best]),
        recall=float(hits[best] / objects),
        f1=float(f1[best]),
    )


def operating_point(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    chosen: ChosenThreshold | None,
) -> OperatingPoint:
    """Return what a threshold does on the test images; None chooses it on these images too."""
    point = best_f1(ground_truth, detections) if chosen is None else chosen
    counted = confusion(ground_truth, detections, len(classes), point.threshold)
    return OperatingPoint(
        threshold=point.threshold,
        chosen_on="test" if chosen is None else "validation",
        precision=counted.precision,
        recall=counted.recall,
        f1=counted.f1,
        chosen_f1=point.f1,
        confusion=ConfusionMatrix((*classes, "background"), counted.matrix),
    )
