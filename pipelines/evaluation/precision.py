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
from scipy.sparse import csr_array

from pipelines.evaluation.matching import MatchTable
from pipelines.evaluation.pairs import FlatDetections, FlatObjects, Floats, Ints

RECALLS = np.linspace(0.0, 1.0, 101)  # COCO's points

Counts = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ranked:
    """One class as averages need it.

    Attributes:
        image: for each IoU the ``(N,)`` image of each detection that counts, best score first.
        right: for each IoU the ``(K,)`` rows of them that are true positives, ascending.
        objects: ``(M,)`` image of each object to be found.
    """

    image: tuple[Ints, ...]
    right: tuple[Ints, ...]
    objects: Ints


def ranked_classes(
    found: FlatDetections,
    table: MatchTable,
    objects: FlatObjects,
    classes: int,
    area_range: tuple[float, float] = (0.0, np.inf),
) -> list[Ranked]:
    """Return each class of a matching, for objects within a range of square pixels."""
    wanted = ~objects.ignore & (objects.area >= area_range[0]) & (objects.area <= area_range[1])
    edges = np.searchsorted(found.label, np.arange(classes + 1))
    made = []
    for label, (begin, end) in enumerate(pairwise(edges.tolist())):
        counts = ~table.ignored[begin:end].T
        right = table.true_positive[begin:end].T
        made.append(
            Ranked(
                image=tuple(found.image[begin:end][row] for row in counts),
                right=tuple(
                    np.flatnonzero(hit[row]) for hit, row in zip(right, counts, strict=True)
                ),
                objects=objects.image[wanted & (objects.label == label)],
            )
        )
    return made


def precision_at_recalls(ranked: Ranked) -> tuple[Floats, Floats]:
    """Return interpolated precision ``(T, 101)`` and recall ``(T,)``, nan without objects."""
    objects = len(ranked.objects)
    curves = np.full((len(ranked.right), len(RECALLS)), nan)
    if not objects:
        return curves, curves[:, 0]
    for curve, right in zip(curves, ranked.right, strict=True):
        hits = np.arange(1, len(right) + 1)
        best = np.append(envelope(hits / (right + 1)), 0.0)  # the last: recalls never reached
        curve[:] = best[np.searchsorted(hits / objects, RECALLS)]
    return curves, np.array([len(right) for right in ranked.right]) / objects


def envelope(precision: Floats) -> Floats:
    """Return the best precision at or beyond each place."""
    return np.maximum.accumulate(precision[::-1])[::-1]


def average_precision(ranked: Ranked, weights: Counts) -> tuple[Floats, Floats]:
    """Return AP over 101 recalls, and recall, of one class: both ``(T, B)``, nan without objects.

    ``weights`` are ``(I, B)``, how often each image counts in each of B resamples.
    """
    precision, recall = np.zeros((2, len(ranked.right), weights.shape[1]))
    objects = weights[ranked.objects].sum(axis=0)
    distinct, row = np.unique(np.maximum(objects, 1), return_inverse=True)
    reached, start = _recalls_reached(distinct)
    for place, (image, right) in enumerate(zip(ranked.image, ranked.right, strict=True)):
        if not right.size:
            continue
        hits = _counted(image[right], np.arange(1, len(right) + 1), weights)
        best = hits / np.maximum(_counted(image, right + 1, weights), 1)
        for later, own in pairwise(best[::-1]):
            np.maximum(own, later, out=own)
        recalls = np.zeros((len(hits) + 1, len(objects)), np.uint8)
        reached.take(hits + start[row], out=recalls[1:], mode="clip")
        # Each true positive stands for the recalls that were not reached before it.
        precision[place] = np.einsum("kb,kb->b", best, np.diff(recalls, axis=0)) / len(RECALLS)
        recall[place] = hits[-1] / np.maximum(objects, 1)
    undefined = objects == 0
    precision[:, undefined] = recall[:, undefined] = nan
    return precision, recall


def _counted(image: Ints, ends: Ints, weights: Counts) -> Counts:
    """Return how often the first ``ends`` detections count together, ``(K, B)``; ends ascend."""
    last = int(ends[-1])
    runs = csr_array(
        (np.ones(last, np.int32), image[:last], np.append(0, ends)),
        shape=(len(ends), len(weights)),
    )
    counts: Counts = runs @ weights
    for before, own in pairwise(counts):  # cumsum is four times slower
        np.add(before, own, out=own)
    return counts


def _recalls_reached(objects: Ints) -> tuple[NDArray[np.uint8], Ints]:
    """Return how many of the recalls are reached by 0 … n of n objects, and where each n starts."""
    start = np.cumsum(objects + 1) - (objects + 1)
    hits = np.arange(int((objects + 1).sum())) - np.repeat(start, objects + 1)
    recall = hits / np.repeat(objects, objects + 1)
    return np.searchsorted(RECALLS, recall, side="right").astype(np.uint8), start
