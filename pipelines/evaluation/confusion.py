"""Which class was taken for which, at one score threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import iou
from pipelines.detections import Detections
from pipelines.evaluation.matching import match


@dataclass(frozen=True)
class Confusion:
    """Counts at a score threshold; undefined shares are nan.

    Attributes:
        precision: share of the detections that are right.
        recall: share of the objects that are found.
        f1: their harmonic mean.
        matrix: ``C + 1`` rows of true classes and columns of detected ones; the last row is
            background taken for a class, the last column objects of which nothing was detected.
    """

    precision: float
    recall: float
    f1: float
    matrix: tuple[tuple[int, ...], ...]


def confusion(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: int,
    threshold: float,
    iou_threshold: float = 0.5,
) -> Confusion:
    """Return what was detected as what, from one score on.

    First every class is matched for itself, as for mAP: the diagonal counts the true positives
    that precision and recall are about. What is left of detections and objects is then paired over
    the classes, the largest IoU first. *Ignore* objects and their detections are not counted.

    Args:
        ground_truth: of each image.
        detections: of each image, all scores.
        classes: how many there are.
        threshold: detections below this score do not count.
        iou_threshold: least IoU to be the same object.

    Raises:
        ValueError: there are not as many detections as images.
    """
    matrix = np.zeros((classes + 1, classes + 1), np.int64)
    for truth, found in zip(ground_truth, detections, strict=True):
        _count(truth, found.above(threshold), iou_threshold, matrix)
    right = int(np.trace(matrix[:classes, :classes]))
    shown, objects = int(matrix[:, :classes].sum()), int(matrix[:classes].sum())
    return Confusion(
        precision=right / shown if shown else nan,
        recall=right / objects if objects else nan,
        f1=2 * right / (shown + objects) if shown + objects else nan,
        matrix=tuple(tuple(row) for row in matrix.tolist()),
    )


def _count(
    truth: Annotations, found: Detections, threshold: float, matrix: NDArray[np.int64]
) -> None:
    background = len(matrix) - 1
    matches = match(truth, found, threshold)
    own = found.labels[matches.true_positive]
    np.add.at(matrix, (own, own), 1)
    left = np.flatnonzero(matches.false_positive)
    lost = np.flatnonzero(matches.missed)
    overlap = iou(found.boxes[left], truth.boxes[lost])
    overlap[overlap < threshold] = 0.0
    guessed, missed = np.ones(len(left), bool), np.ones(len(lost), bool)
    while overlap.size and overlap.max() > 0:
        row, column = np.unravel_index(int(overlap.argmax()), overlap.shape)
        matrix[truth.labels[lost[column]], found.labels[left[row]]] += 1
        guessed[row] = missed[column] = False
        overlap[row], overlap[:, column] = 0.0, 0.0
    matrix[background] += np.bincount(found.labels[left[guessed]], minlength=len(matrix))
    matrix[:, background] += np.bincount(truth.labels[lost[missed]], minlength=len(matrix))
