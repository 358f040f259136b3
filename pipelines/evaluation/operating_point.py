"""The score from which on to believe a detector: where F1 is best on the validation split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.matching import match


@dataclass(frozen=True)
class OperatingPoint:
    """A score threshold, and precision, recall and F1 at it; nan where they are undefined."""

    threshold: float
    precision: float
    recall: float
    f1: float


NO_THRESHOLD = 0.5  # where nothing speaks for another


def best_f1(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    iou_threshold: float = 0.5,
) -> OperatingPoint:
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
        return OperatingPoint(NO_THRESHOLD, nan, nan, nan)
    believed = np.arange(1, len(hits) + 1)
    f1 = 2 * hits / (believed + objects)
    # A threshold takes all detections of one score, so only the last of each counts.
    last = np.append(ranked[1:] != ranked[:-1], True)
    best = int(np.argmax(np.where(last, f1, -1.0)))
    return OperatingPoint(
        threshold=float(ranked[best]),
        precision=float(hits[best] / believed[best]),
        recall=float(hits[best] / objects),
        f1=float(f1[best]),
    )
