"""How likely two labels are of one object: by how much they overlap, and by whether two are seen.

Real objects of one class overlap too, and the more, the fewer do: overlaps too small to be of one
object show how fast that falls. What is left over of the large overlaps are doubled labels.
"""

from __future__ import annotations

import numpy as np

from pipelines.audit.clusters import SAME_IOU
from pipelines.audit.labels import NEAR_IOU, Labels
from pipelines.audit.witnesses import Seen
from pipelines.evaluation.pairs import FlatDetections, FlatObjects, Floats, Ints, overlapping

ROUNDS = 40  # of fitting
# As if so many pairs had been seen, which few images need: doubled ones, real ones, and how much
# faster real ones fall per unit of IoU.
DOUBLED_BEFORE, REAL_BEFORE, FALL_BEFORE = 0.5, 5.0, 12.0


def doubled(
    found: tuple[FlatDetections, ...], seen: Seen, labels: Labels
) -> tuple[Ints, Floats, Floats]:
    """Return labels that repeat another, how likely each does, and what is seen there.

    ``seen`` is what contenders see at the labels. Of two labels the one that fewer scores speak for
    is the one too many, of equals the later.

    Returns:
        ``(K,)`` rows of labels, ``(K,)`` probabilities, ``(K, W)`` scores.
    """
    objects, place = labels.objects, np.arange(len(labels))
    asked = FlatDetections(
        *(objects.image, objects.label, np.zeros(len(labels)), objects.boxes, place * 0, place)
    )
    pairs = overlapping(asked, objects, NEAR_IOU, same_class=True)
    pairs = pairs.where(pairs.detection < pairs.object)
    likely = _left_over(pairs.overlap)
    pairs, likely = pairs.where(pairs.overlap >= SAME_IOU), likely[pairs.overlap >= SAME_IOU]
    own = seen.score[place, :, objects.label]
    first, second = pairs.detection, pairs.object
    likely = likely * _one_seen(found, objects, first, second)
    worse = own[second].sum(axis=1) <= own[first].sum(axis=1)
    repeats = np.where(worse, second, first)
    rising = np.argsort(likely, kind="stable")
    best = np.full(len(labels), -1)
    best[repeats[rising]] = rising  # a label may be of several pairs: the likeliest stays
    rows = np.flatnonzero(best >= 0)
    return rows, likely[best[rows]], own[rows]


def labelled_too(labels: Labels, other: Ints) -> Ints:
    """Return for each label another one of the ``(M,)`` class ``other`` of the same box, or -1."""
    objects, place = labels.objects, np.arange(len(labels))
    asked = FlatDetections(
        *(objects.image, other, np.zeros(len(labels)), objects.boxes, place * 0, place)
    )
    pairs = overlapping(asked, objects, SAME_IOU, same_class=True)
    there = np.full(len(labels), -1)
    apart = pairs.detection != pairs.object
    there[pairs.detection[apart]] = pairs.object[apart]
    return there


def _left_over(overlap: Floats) -> Floats:
    """Return how likely each pair with that ``(K,)`` IoU is one object twice."""
    beyond = overlap - NEAR_IOU
    twice = np.where(overlap >= SAME_IOU, overlap, 0.0)
    for _ in range(ROUNDS):
        real = 1 - twice
        fall = (REAL_BEFORE + real.sum()) / (REAL_BEFORE / FALL_BEFORE + (real * beyond).sum())
        counts = twice.sum() + DOUBLED_BEFORE, real.sum() + REAL_BEFORE
        of_real = counts[1] * fall * np.exp(-fall * beyond)
        of_twice = np.where(overlap >= SAME_IOU, counts[0] / (1 - SAME_IOU), 0.0)
        twice = of_twice / (of_real + of_twice)
    return twice


def _one_seen(
    found: tuple[FlatDetections, ...], objects: FlatObjects, first: Ints, second: Ints
) -> Floats:
    """Return how likely no contender sees two objects where two labels are.

    It sees two as surely as the fainter of two detections, each of which is nearest to one label.
    """
    likely = np.ones(len(first))
    for each in found:
        nearest = overlapping(each, objects, SAME_IOU, same_class=True).nearest()
        own = np.zeros(len(objects))
        np.maximum.at(own, nearest.object, each.score[nearest.detection])
        likely *= 1 - np.minimum(own[first], own[second])
    return likely
