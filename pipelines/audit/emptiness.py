"""How likely a label is of nothing: no contender sees anything there, at any score.

What contenders see at labels is held against what they see at boxes of the same sizes put anywhere
in the same images. How often one misses an object it is asked about is learnt from labels that the
others see, for those are of something; that is how few can be in question where none sees anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.audit.clusters import SAME_IOU
from pipelines.audit.existence import HELD, HELD_CLASSES, bounded_log_odds, one_hot, worth
from pipelines.audit.labels import NEAR_IOU, Labels
from pipelines.audit.lossy import fitted
from pipelines.audit.witnesses import objects_at, seen_at
from pipelines.evaluation.pairs import Bools, FlatDetections, FlatObjects, Floats, overlapping

SEED = 0  # of the places where nothing was labelled
ROUNDS = 3  # of learning what each misses from what the others see
EMPTY_BEFORE = 0.02  # share of labels of nothing, before anything is seen
HELD_EVIDENCE = 10.0  # how strongly a contender's evidence is held to count as if it were alone


@dataclass(frozen=True, eq=False)
class EmptyLabels:
    """How likely each label is of nothing, ``(M,)``, and what is seen there.

    ``scores`` are ``(M, W)`` the best of any class near it, 0 where nothing is seen.
    """

    probability: Floats
    scores: Floats


def nothing_there(
    found: tuple[FlatDetections, ...],
    labels: Labels,
    sizes: Floats,
    classes: int,
    at_place: Floats,
    taken: FlatObjects,
) -> EmptyLabels:
    """Return how likely each label is of nothing.

    Args:
        found: each contender's detections.
        labels: under suspicion.
        sizes: ``(I, 2)`` width and height of each image in pixels.
        classes: how many there are.
        at_place: ``(M,)`` how likely each label is not badly placed; as much it counts here.
        taken: what seems to be an object, labelled or not: no box is put there either.
    """
    count, witnesses = len(labels), len(found)
    if not count:
        return EmptyLabels(np.zeros(0), np.zeros((0, witnesses)))
    boxes = _with_others(labels.objects, sizes, taken)
    there = seen_at(found, boxes, SAME_IOU, classes).of_any_class
    near = seen_at(found, labels.objects, NEAR_IOU, classes).of_any_class
    is_empty = np.arange(len(boxes)) >= count
    evidence = np.zeros((len(boxes), witnesses))
    for _ in range(ROUNDS if witnesses > 1 else 1):
        for witness in range(witnesses):
            others = np.delete(evidence, witness, axis=1).sum(axis=1)[:count]
            weight = np.ones(len(boxes))
            weight[:count] = at_place / (1 + EMPTY_BEFORE / (1 - EMPTY_BEFORE) * np.exp(others))
            features = _features(there[:, witness], boxes, classes)
            evidence[:, witness] = _evidence(features, is_empty, weight, classes)
    together = np.hstack([evidence, np.ones((len(boxes), 1))])
    prior = np.append(np.ones(witnesses), 0.0)
    held = np.full(witnesses + 1, HELD_EVIDENCE)
    weight = np.append(at_place, np.ones(len(boxes) - count))
    model = fitted(together, is_empty, prior, held, weight)
    return EmptyLabels(model.chance_of_no(together[:count]), near)


def _evidence(features: Floats, is_empty: Bools, weight: Floats, classes: int) -> Floats:
    """Return by how much each box is likelier where nothing is, as logarithms of the ratio.

    Labels count by the ``(N,)`` weight, how likely they are of something.
    """
    held = np.full(features.shape[1], HELD)
    held[-classes:] = HELD_CLASSES
    model = fitted(features, is_empty, held=held, weight=weight, lost=0.0)
    ratio = weight[is_empty].sum() / max(weight[~is_empty].sum(), 1e-9)
    return np.asarray(features @ model.weights - np.log(max(ratio, 1e-9)))


def _features(there: Floats, boxes: FlatObjects, classes: int) -> Floats:
    """Return the ``(N, F)`` features of boxes, of what one contender sees at them."""
    sides = boxes.boxes[:, 2:] - boxes.boxes[:, :2]
    size = np.log(np.maximum(sides.prod(axis=1), 1.0)) / 2
    size = (size - size.mean())[:, None]
    at = there[:, None]
    columns = [worth(at), size * bounded_log_odds(at), size, np.ones_like(size)]
    return np.hstack([*columns, one_hot(boxes.label, classes)])


def _with_others(objects: FlatObjects, sizes: Floats, taken: FlatObjects) -> FlatObjects:
    """Return the objects, and behind them the box of each anywhere in its image but on one.

    Nor is it put on what is taken.
    """
    random = np.random.default_rng(SEED)
    sides = objects.boxes[:, 2:] - objects.boxes[:, :2]
    room = np.maximum(sizes[objects.image] - sides, 0.0)
    corner = random.random(room.shape) * room
    moved = objects_at(objects.image, np.hstack([corner, corner + sides]), objects.label)
    kept = ~(_overlaps(moved, objects) | _overlaps(moved, taken))
    return objects_at(
        *(
            np.concatenate([getattr(objects, name), getattr(moved, name)[kept]])
            for name in ("image", "boxes", "label")
        )
    )


def _overlaps(boxes: FlatObjects, objects: FlatObjects) -> Bools:
    place = np.arange(len(boxes))
    asked = FlatDetections(
        boxes.image, boxes.label, np.zeros(len(boxes)), boxes.boxes, place * 0, place
    )
    there = np.zeros(len(boxes), bool)
    there[overlapping(asked, objects, SAME_IOU, same_class=False).detection] = True
    return there
