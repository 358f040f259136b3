"""How likely something is there, by what contenders see: missing labels, labels of nothing.

How much two contenders that agree are worth more than one is measured, not assumed: were they
independent, their log-odds would add up, each with a weight of one. The weights are fitted to all
places of the audited images, with and without a label, and they are less where both make the same
mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.audit.clusters import SAME_IOU, Clusters
from pipelines.audit.labels import NEAR_IOU, Labels
from pipelines.audit.lossy import fitted
from pipelines.audit.witnesses import objects_at, seen_at
from pipelines.detections import LOWEST_SCORE
from pipelines.evaluation.pairs import Bools, FlatDetections, FlatObjects, Floats, Ints, overlapping
from pipelines.postprocessing.calibration import log_odds

HELD, HELD_CLASSES = 0.1, 1.0  # how strongly weights are held, for which few images need it
SEED = 0  # of the places where nothing was labelled


@dataclass(frozen=True, eq=False)
class PresentClusters:
    """Clusters, and how likely each is an object: ``(P,)``.

    ``missing`` is the probability that it is one that lacks a label, 0 for those that have one.
    """

    real: Floats
    missing: Floats


def present(clusters: Clusters, labels: Labels, classes: int) -> PresentClusters:
    """Return how likely each cluster is an object, and one whose label is missing."""
    features = _of_clusters(clusters, classes)
    prior, held = _weights(clusters.scores.shape[1], features.shape[1], classes)
    counts = labels.counts | labels.labelled
    model = fitted(features[counts], labels.labelled[counts], prior, held)
    free = counts & ~labels.labelled
    missing = np.where(free, model.chance_of_no(features), 0.0)
    return PresentClusters(model.chance(features), missing)


def nothing_there(
    found: tuple[FlatDetections, ...],
    labels: Labels,
    sizes: Floats,
    classes: int,
) -> tuple[Floats, Floats]:
    """Return how likely each label is of nothing, and what is seen there.

    What contenders see at labels is held against what they see at boxes of the same sizes that
    were put anywhere in the same images.

    Args:
        found: each contender's detections.
        labels: under suspicion.
        sizes: ``(I, 2)`` width and height of each image in pixels.
        classes: how many there are.

    Returns:
        ``(M,)`` probabilities and ``(M, W)`` best scores of any class, 0 where nothing is seen.
    """
    if not len(labels):
        return np.zeros(0), np.zeros((0, len(found)))
    anywhere, of = _put_anywhere(labels.objects, sizes)
    at_labels, scores = _at_boxes(found, labels.objects, classes)
    at_others, _ = _at_boxes(found, replace(anywhere, label=labels.objects.label[of]), classes)
    features = np.concatenate([at_labels, at_others])
    is_empty = np.arange(len(features)) >= len(labels)
    prior, held = _weights(len(found), features.shape[1], classes)
    model = fitted(features, is_empty, -prior, held)
    return model.chance_of_no(at_labels), scores


def bounded_log_odds(scores: Floats) -> Floats:
    """Return the log-odds of scores, where nothing is seen those of the lowest that is kept."""
    return log_odds(np.clip(scores, LOWEST_SCORE, 1 - LOWEST_SCORE))


def one_hot(label: Ints, classes: int) -> Floats:
    """Return ``(N, C)`` 1 in the column of each label."""
    return np.asarray(label[:, None] == np.arange(classes), np.float64)


def _weights(witnesses: int, features: int, classes: int) -> tuple[Floats, Floats]:
    """Return what weights are held to, those of contenders first and of classes last, and how."""
    prior, held = np.zeros(features), np.full(features, HELD)
    prior[:witnesses] = 1 / witnesses
    held[-classes:] = HELD_CLASSES
    return prior, held


def _of_clusters(clusters: Clusters, classes: int) -> Floats:
    odds = bounded_log_odds(clusters.scores)
    several = (clusters.scores > 0).sum(axis=1) > 1
    agreement = np.where(several, clusters.agreement, 0.0)
    further = [several, agreement, clusters.crowding, np.ones(len(clusters))]
    return np.hstack([odds, np.stack(further, axis=1), one_hot(clusters.label, classes)])


def _at_boxes(
    found: tuple[FlatDetections, ...], boxes: FlatObjects, classes: int
) -> tuple[Floats, Floats]:
    """Return the ``(N, F)`` features of boxes, and the best scores near them."""
    there = seen_at(found, boxes, SAME_IOU, classes).of_any_class
    near = seen_at(found, boxes, NEAR_IOU, classes).of_any_class
    odds, wide = bounded_log_odds(there), bounded_log_odds(near)
    sides = boxes.boxes[:, 2:] - boxes.boxes[:, :2]
    size = np.log(np.maximum(sides.prod(axis=1), 1.0)) / 2
    size -= size.mean() if len(size) else 0.0
    further = [size * odds.mean(axis=1), size * wide.mean(axis=1), size, np.ones(len(size))]
    features = np.hstack([odds, wide, np.stack(further, axis=1), one_hot(boxes.label, classes)])
    return features, near


def _put_anywhere(objects: FlatObjects, sizes: Floats) -> tuple[FlatObjects, Ints]:
    """Return each object's box anywhere in its image but on an object, and which object's."""
    random = np.random.default_rng(SEED)
    sides = objects.boxes[:, 2:] - objects.boxes[:, :2]
    room = np.maximum(sizes[objects.image] - sides, 0.0)
    corner = random.random(room.shape) * room
    moved = np.hstack([corner, corner + sides])
    at = objects_at(objects.image, moved)
    on_objects = _overlaps(at, objects)
    kept = np.flatnonzero(~on_objects)
    return objects_at(objects.image[kept], moved[kept]), kept


def _overlaps(boxes: FlatObjects, objects: FlatObjects) -> Bools:
    place = np.arange(len(boxes))
    asked = FlatDetections(
        boxes.image, boxes.label, np.zeros(len(boxes)), boxes.boxes, place * 0, place
    )
    there = np.zeros(len(boxes), bool)
    there[overlapping(asked, objects, SAME_IOU, same_class=False).detection] = True
    return there
