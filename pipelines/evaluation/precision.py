"""COCO's average precision and recall when each image counts a whole number of times.

Counting every image once gives COCO's own figures; counting them as often as a resample of the
images holds them gives that resample's figures, from one matching and without sorting again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.matching import Verdicts
from pipelines.evaluation.pairs import Bools, Floats, Found, Ints, Objects

RECALLS = np.linspace(0.0, 1.0, 101)  # COCO's points
BLOCK = 1_000_000  # numbers worked on at once: they stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Ranked:
    """One class as averages need it: its detections best score first, right or wrong.

    Attributes:
        image: ``(N,)`` of each detection.
        right: a row array of the true positives for each IoU.
        ignored: the rows that do not count, for each IoU.
        objects: ``(I,)`` how many objects to be found each image has.
    """

    image: Ints
    right: tuple[Ints, ...]
    ignored: tuple[Ints, ...]
    objects: Ints


def ranked_classes(
    found: Found,
    verdicts: Verdicts,
    objects: Objects,
    sizes: tuple[int, int],
    area_range: tuple[float, float] = (0.0, np.inf),
) -> list[Ranked]:
    """Return each class of a matching; ``sizes`` are the numbers of images and classes."""
    images, classes = sizes
    wanted = ~objects.ignore & (objects.area >= area_range[0]) & (objects.area <= area_range[1])
    edges = np.searchsorted(found.label, np.arange(classes + 1))
    made = []
    for label, (begin, end) in enumerate(pairwise(edges.tolist())):
        here = objects.image[wanted & (objects.label == label)]
        # Those that count at no IoU, as all of another size, are left out before.
        counts = np.flatnonzero(~verdicts.ignored[begin:end].all(axis=1)) + begin
        made.append(
            Ranked(
                image=found.image[counts],
                right=_rows(verdicts.true_positive[counts]),
                ignored=_rows(verdicts.ignored[counts]),
                objects=np.bincount(here, minlength=images),
            )
        )
    return made


def average_precision(ranked: Ranked, weights: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """Return AP over 101 recalls, and recall, of one class: both ``(B, T)``, nan without objects.

    Args:
        ranked: the class.
        weights: ``(B, I)``, how often each image counts.
    """
    rounds, thresholds = len(weights), len(ranked.right)
    precision, recall = np.full((2, rounds, thresholds), nan)
    block = max(BLOCK // max(len(ranked.image), len(RECALLS), 1), 1)
    for begin in range(0, rounds, block):
        part = slice(begin, begin + block)
        curves, recall[part] = precision_at_recalls(ranked, weights[part])
        precision[part] = curves.mean(axis=2)
    return precision, recall


def precision_at_recalls(ranked: Ranked, weights: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """Return interpolated precision ``(B, T, 101)`` and recall ``(B, T)``, nan without objects."""
    rounds, thresholds = len(weights), len(ranked.right)
    curves = np.full((rounds, thresholds, len(RECALLS)), nan)
    recall = np.full((rounds, thresholds), nan)
    objects = weights @ ranked.objects
    known = np.flatnonzero(objects)
    if not known.size:
        return curves, recall
    objects = objects[known].astype(np.int64)
    counts = weights[known][:, ranked.image].astype(np.int32)
    believed = np.cumsum(counts, axis=1, dtype=np.int32)
    for place, (right, ignored) in enumerate(zip(ranked.right, ranked.ignored, strict=True)):
        hits = np.cumsum(counts[:, right], axis=1, dtype=np.int32)
        shown = believed[:, right]
        if ignored.size:
            apart = np.cumsum(counts[:, ignored], axis=1, dtype=np.int32)
            before = np.searchsorted(ignored, right)
            shown = shown - np.where(before > 0, apart[:, before - 1], 0)
        curves[known, place] = _interpolated(hits, shown, objects)
        recall[known, place] = (hits[:, -1] if right.size else 0) / objects
    return curves, recall


def _interpolated(hits: NDArray[np.int32], shown: NDArray[np.int32], objects: Ints) -> Floats:
    """Return the best precision at each of the recalls or beyond, ``(B, 101)``.

    Precision only matters where it is highest, at the true positives, so nothing else is looked at.

    Args:
        hits: ``(B, K)`` objects found down to each true positive.
        shown: ``(B, K)`` detections counted down to there.
        objects: ``(B,)`` all objects, more than 0.
    """
    rounds, number = hits.shape
    precision = np.zeros((rounds, number + 1))  # the last: recalls that are never reached
    np.divide(hits, np.maximum(shown, 1), out=precision[:, :-1])
    backwards = precision[:, -2::-1]
    np.maximum.accumulate(backwards, axis=1, out=backwards)
    reached = np.full((rounds, number + 1), len(RECALLS))
    reached[:, :-1] = np.searchsorted(RECALLS, hits / objects[:, None], side="right")
    # Each true positive answers for the recalls that were not reached before it.
    answered = np.diff(reached, axis=1, prepend=0)
    return np.repeat(precision.ravel(), answered.ravel()).reshape(rounds, len(RECALLS))


def _rows(flags: Bools) -> tuple[Ints, ...]:
    return tuple(np.flatnonzero(flags[:, place]) for place in range(flags.shape[1]))
