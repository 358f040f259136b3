"""The score from which on a detection counts, and what is detected as what from there on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import iou
from pipelines.detections import Detections
from pipelines.evaluation.matching import match, outcomes
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.undefined import Number

IOU = 0.5  # least to be the same object
NO_THRESHOLD = 0.5  # where nothing speaks for another
ChosenBy = Literal["F1", "cost"]  # the most of the first, or the least of the other


@dataclass(frozen=True)
class ChosenThreshold:
    """A score threshold, its F1 on the images it was chosen on, or nan, and by what it was."""

    threshold: float
    f1: float
    by: ChosenBy = "F1"


@dataclass(frozen=True)
class ConfusionMatrix:
    """What was detected as what.

    Attributes:
        classes: names in label order, and ``background``.
        matrix: ``C + 1`` rows of true classes and columns of detected ones; the last row is
            background taken for a class, the last column objects of which nothing was detected.
    """

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class OperatingPoint:
    """A detector at one score threshold on the test images; undefined shares are nan.

    Attributes:
        threshold: detections below this score do not count.
        chosen_on: the images it was chosen on.
        precision: share of the detections that are right.
        recall: share of the objects that are found.
        f1: their harmonic mean.
        chosen_f1: F1 on the images it was chosen on.
        confusion: which class was taken for which.
        chosen_by: what is best there.
    """

    threshold: float
    chosen_on: Literal["validation", "test"]
    precision: Number
    recall: Number
    f1: Number
    chosen_f1: Number
    confusion: ConfusionMatrix
    chosen_by: ChosenBy = "F1"


def best_f1(
    ground_truth: Sequence[Annotations], detections: Sequence[Detections]
) -> ChosenThreshold:
    """Return the threshold with the best F1 over all classes, the highest of equal ones.

    It lies `halfway` to the next score. Choose it on the validation split and judge by it on the
    test split. Without objects, without detections or without a single right one no threshold is
    better than another: it is then 0.5 and F1 is nan.

    Raises:
        ValueError: there are not as many detections as images.
    """
    scores, right = outcomes(ground_truth, detections, IOU)
    objects = sum(int((~truth.ignore).sum()) for truth in ground_truth)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(right[order])
    if not hits.size or not hits[-1]:
        return ChosenThreshold(NO_THRESHOLD, nan)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + objects)
    # A threshold takes all detections of one score, so only the last of each counts.
    last = np.append(ranked[1:] != ranked[:-1], True)
    best = int(np.argmax(np.where(last, f1, -1.0)))
    return ChosenThreshold(halfway(ranked, best), float(f1[best]))


def halfway(ranked: Floats, place: int) -> float:
    """Return a threshold that takes all down to that place and none below it.

    It lies halfway to the next score, or to 0 behind the last. On few images the gap is wide, and a
    threshold at its upper end would miss every object that is seen a little less surely than those.

    Args:
        ranked: ``(N,)`` scores, the highest first.
        place: of the last detection of its score.
    """
    upper = float(ranked[place])
    lower = float(ranked[place + 1]) if place + 1 < len(ranked) else min(0.0, upper)
    between = (upper + lower) / 2
    return between if between > lower else upper


def operating_point(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    chosen: ChosenThreshold | None,
) -> OperatingPoint:
    """Return what a threshold does on the test images; None chooses it on these images too.

    First every class is matched for itself, as for mAP: the diagonal counts the true positives
    that precision and recall are about. What is left of detections and objects is then paired over
    the classes, the largest IoU first. *Ignore* objects and their detections are not counted.

    Raises:
        ValueError: there are not as many detections as images.
    """
    point = best_f1(ground_truth, detections) if chosen is None else chosen
    matrix = np.zeros((len(classes) + 1, len(classes) + 1), np.int64)
    for truth, found in zip(ground_truth, detections, strict=True):
        _count(truth, found.above(point.threshold), matrix)
    right = int(np.trace(matrix[:-1, :-1]))
    shown, objects = int(matrix[:, :-1].sum()), int(matrix[:-1].sum())
    return OperatingPoint(
        threshold=point.threshold,
        chosen_on="test" if chosen is None else "validation",
        precision=right / shown if shown else nan,
        recall=right / objects if objects else nan,
        f1=2 * right / (shown + objects) if shown + objects else nan,
        chosen_f1=point.f1,
        confusion=ConfusionMatrix((*classes, "background"), tuple(map(tuple, matrix.tolist()))),
        chosen_by=point.by,
    )


def _count(truth: Annotations, found: Detections, matrix: NDArray[np.int64]) -> None:
    """Add an image to the matrix."""
    matches = match(truth, found, IOU)
    own = found.labels[matches.true_positive]
    np.add.at(matrix, (own, own), 1)
    left, lost = np.flatnonzero(matches.false_positive), np.flatnonzero(matches.missed)
    overlap = iou(found.boxes[left], truth.boxes[lost])
    overlap[overlap < IOU] = 0.0
    guessed, missed = np.ones(len(left), bool), np.ones(len(lost), bool)
    while overlap.size and overlap.max() > 0:
        row, column = np.unravel_index(int(overlap.argmax()), overlap.shape)
        matrix[truth.labels[lost[column]], found.labels[left[row]]] += 1
        guessed[row] = missed[column] = False
        overlap[row], overlap[:, column] = 0.0, 0.0
    matrix[-1] += np.bincount(found.labels[left[guessed]], minlength=len(matrix))
    matrix[:, -1] += np.bincount(truth.labels[lost[missed]], minlength=len(matrix))
