"""COCO's average precision and recall when each image counts a whole number of times.

Counting every image once gives COCO's own figures; counting them as often as a resample of the
images holds them gives that resample's figures, from one matching and without sorting again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.evaluation.matching import MatchTable
from pipelines.evaluation.pairs import FlatDetections, FlatObjects, Floats, Ints

RECALLS = np.linspace(0.0, 1.0, 101)  # COCO's points, which are whole numbers times the second
ROWS = 8192  # true positives weighed together: 500 resamples of them take about 200 MB

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

    def in_units(self, unit: Ints) -> Ranked:
        """Return the same with the unit that each image belongs to, ``(I,)``, in its place."""
        image = tuple(unit[each] for each in self.image)
        return replace(self, image=image, objects=unit[self.objects])


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
    objects = _summed(ranked.objects, np.array([0, len(ranked.objects)]), weights)[0]
    for place, (image, right) in enumerate(zip(ranked.image, ranked.right, strict=True)):
        if right.size:
            mean, hits = _mean_precision(image, right, weights, np.maximum(objects, 1))
            precision[place], recall[place] = mean, hits / np.maximum(objects, 1)
    undefined = objects == 0
    precision[:, undefined] = recall[:, undefined] = nan
    return precision, recall


def _mean_precision(
    image: Ints, right: Ints, weights: Counts, objects: Counts
) -> tuple[Floats, Counts]:
    """Return the mean of the best precision at or beyond each recall, and all hits, ``(B,)`` both.

    It goes from the last true positives to the first, `ROWS` of them at a time, so that memory does
    not grow with their number.
    """
    starts = np.arange(0, len(right), ROWS)
    # Where those of each part begin, among the true positives and among all detections.
    begins, first = np.append(starts, len(right)), np.append(0, right[starts[1:] - 1] + 1)
    hits_before = _before(image[right], begins, weights)
    seen_before = _before(image, np.append(first, right[-1] + 1), weights)
    beyond, total = np.zeros((2, weights.shape[1]))
    for part in range(len(starts) - 1, -1, -1):
        rows, start = right[begins[part] : begins[part + 1]], first[part]
        hits = _counted(image[rows], np.arange(1, len(rows) + 1), weights, hits_before[part])
        seen = _counted(image[start:], rows + 1 - start, weights, seen_before[part])
        best = hits / np.maximum(seen, 1)
        np.maximum(best[-1], beyond, out=best[-1])
        for later, own in pairwise(best[::-1]):
            np.maximum(own, later, out=own)
        beyond = best[0]
        # Each true positive stands for the recalls that were not reached before it.
        reached = np.zeros((len(rows) + 1, len(beyond)))
        reached[1:] = _recalls_reached(hits, objects)
        if part:
            reached[0] = _recalls_reached(hits_before[part], objects)
        total += np.einsum("kb,kb->b", best, np.diff(reached, axis=0))
    return total / len(RECALLS), hits_before[-1]


def _recalls_reached(hits: Counts, objects: Counts) -> Floats:
    """Return how many of the recalls are reached by so many hits of so many objects."""
    recall = hits / objects
    last = np.floor(100 * recall + 1e-9)  # right, or one too many
    return np.asarray(last + 1 - (last * RECALLS[1] > recall))


def _before(image: Ints, begins: Ints, weights: Counts) -> Counts:
    """Return how often detections count that lie before each of the places, ``(K, B)``."""
    counts = np.zeros((len(begins), weights.shape[1]), np.int32)
    np.cumsum(_summed(image, begins, weights), axis=0, dtype=np.int32, out=counts[1:])
    return counts


def _counted(image: Ints, ends: Ints, weights: Counts, before: Counts) -> Counts:
    """Return how often the first ``ends`` detections count together, ``(K, B)``; ends ascend.

    Those ``before`` them count too.
    """
    counts = _summed(image, np.append(0, ends), weights)
    counts[0] += before
    for earlier, own in pairwise(counts):  # cumsum is four times slower
        np.add(earlier, own, out=own)
    return counts


def _summed(image: Ints, edges: Ints, weights: Counts) -> Counts:
    """Return how often the detections from each edge to the next count together, ``(K, B)``."""
    last = int(edges[-1])
    runs = csr_array(
        (np.ones(last, np.int32), image[:last], edges), shape=(len(edges) - 1, len(weights))
    )
    counts: Counts = runs @ weights
    return counts
