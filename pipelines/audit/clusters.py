"""Places where contenders see something: their detections of one thing, whatever labels say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from datasets.boxes import Boxes
from pipelines.audit.witnesses import objects_at, seen_at
from pipelines.evaluation.pairs import (
    Bools,
    FlatDetections,
    FlatObjects,
    Floats,
    Ints,
    Pairs,
    overlapping,
    pair_overlap,
)

SAME_IOU = 0.5  # least to be the same thing, as the evaluator matches
LEAST_SCORE = 0.05  # of the surest detection of a cluster: below almost all are wrong


@dataclass(frozen=True, eq=False)
class Clusters:
    """Detections of one thing by one or more contenders, ``(P,)`` each.

    Attributes:
        image: the place of its image.
        label: the class that they see there, by the sum of their scores.
        boxes: ``(P, 4)`` xyxy px, the mean of their boxes, each with the weight of its score.
        scores: ``(P, W)`` of that class, by contender, 0 for one that does not see it.
        agreement: mean IoU of their boxes with the mean, 1 for one alone.
        crowding: largest IoU with a cluster of the image that is seen more surely, which it may be
            a part or a copy of.
    """

    image: Ints
    label: Ints
    boxes: Boxes
    scores: Floats
    agreement: Floats
    crowding: Floats

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.image)

    def objects(self) -> FlatObjects:
        """Return them as objects."""
        return objects_at(self.image, self.boxes, self.label)

    def detections(self) -> FlatDetections:
        """Return them as detections, in their own order."""
        return _in_order(self.image, self.label, self.scores.sum(axis=1), self.boxes)


def clustered(found: Sequence[FlatDetections], classes: int) -> Clusters:
    """Return the clusters of all images.

    The surest detection of any contender and class, from `LEAST_SCORE` on, begins one, and takes
    what overlaps it by `SAME_IOU`; then the surest of the rest.
    """
    columns = [
        np.concatenate([getattr(each, name) for each in found])
        for name in ("image", "label", "score", "boxes")
    ]
    sure = columns[2] >= LEAST_SCORE
    every = _in_order(*(column[sure] for column in columns))
    first = every.at(_not_overlapped(every))
    at_first = objects_at(first.image, first.boxes)
    seen = seen_at(found, at_first, SAME_IOU, classes)
    label = seen.score.sum(axis=1).argmax(axis=1) if len(first) else first.label
    place = np.arange(len(first))
    score, row = seen.score[place, :, label], seen.row[place, :, label]
    boxes = np.stack([f.boxes[row[:, w]] if len(f) else _none(row) for w, f in enumerate(found)], 1)
    weight = (score / score.sum(axis=1, keepdims=True))[..., None]
    mean = (weight * boxes).sum(axis=1)
    agreement = _agreement(boxes, mean, score > 0)
    alone = Clusters(first.image, label, mean, score, agreement, np.zeros(len(first)))
    return replace(alone, crowding=_crowding(alone))


def _none(rows: Ints) -> Boxes:
    return np.zeros((len(rows), 4))


def _in_order(image: Ints, label: Ints, score: Floats, boxes: Boxes) -> FlatDetections:
    place = np.arange(len(image))
    return FlatDetections(image, label, score, boxes, np.zeros_like(place), place)


def _not_overlapped(every: FlatDetections) -> Ints:
    """Return the rows, the surest first, that overlap none before them by `SAME_IOU`."""
    near = overlapping(every, objects_at(every.image, every.boxes), SAME_IOU, same_class=False)
    starts = np.searchsorted(near.detection, np.arange(len(every) + 1)).tolist()
    free = np.ones(len(every), bool)
    kept = []
    for row in np.argsort(-every.score, kind="stable").tolist():
        if free[row]:
            kept.append(row)
            free[near.object[starts[row] : starts[row + 1]]] = False
    return np.array(kept, np.int64)


def _agreement(boxes: Floats, mean: Boxes, there: Bools) -> Floats:
    """Return how far each cluster's ``(P, W, 4)`` boxes that are there overlap its mean."""
    total = np.zeros(len(mean))
    for witness in range(boxes.shape[1]):
        overlap = pair_overlap(boxes[:, witness], mean, np.zeros(len(mean), bool))
        total += np.where(there[:, witness], overlap, 0.0)
    return np.asarray(total / there.sum(axis=1))


def _crowding(clusters: Clusters) -> Floats:
    found = clusters.detections()
    near = overlapping(found, clusters.objects(), 0.01, same_class=False)
    by_surer = near.where(found.score[near.object] > found.score[near.detection])
    return largest(by_surer, len(clusters))


def largest(pairs: Pairs, count: int) -> Floats:
    """Return each detection's largest overlap, 0 without any."""
    overlap = np.zeros(count)
    np.maximum.at(overlap, pairs.detection, pairs.overlap)
    return overlap
