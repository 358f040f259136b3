"""What each kind of mistake costs in mAP, after TIDE (Bolya et al., ECCV 2020).

Every wrong detection has one kind, by what would have made it right, and every object that no such
detection could have found is missed. What a kind costs is how much mAP rises when an oracle repairs
this kind alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from pipelines.evaluation.matching import match_all
from pipelines.evaluation.pairs import Bools, Floats, Ints, Pairs, overlapping
from pipelines.evaluation.precision import envelope
from pipelines.evaluation.quality import PART, EvaluationSet
from pipelines.evaluation.undefined import Number

BACKGROUND_IOU = 0.1  # below this a detection has nothing to do with an object (TIDE's t_b)
RECALLS = np.arange(101) / 100  # TIDE's points; COCO's differ from them by roundings
TYPES = ("classification", "localisation", "both", "duplicate", "background", "missed")


@dataclass(frozen=True)
class ErrorCosts:
    """How much mAP each kind of mistake costs, between 0 and 1; nan without a single object.

    Attributes:
        classification: the place is right, the class wrong.
        localisation: the class is right, the IoU from .1 up to the threshold.
        both: class and place are both wrong, but something is near.
        duplicate: the object was found already by a better-scored detection.
        background: nothing is near.
        missed: objects that no detection was near enough to.
    """

    classification: Number
    localisation: Number
    both: Number
    duplicate: Number
    background: Number
    missed: Number


@dataclass(frozen=True, eq=False)
class _Mistakes:
    """Wrong detections by kind (a row each, -1 for none) and what an oracle would do to them.

    Attributes:
        kind: ``(N,)`` place in `TYPES`, -1 for right or ignored detections without a mistake.
        right: ``(N,)`` bool, true positives.
        ignored: ``(N,)`` bool, do not count as they are.
        repaired: ``(N,)`` row of the object a detection would find if it were repaired, -1 if it
            would only be taken away.
        missed: ``(M,)`` bool, objects missed.
    """

    kind: Ints
    right: Bools
    ignored: Bools
    repaired: Ints
    missed: Bools


def error_costs(given: EvaluationSet, iou_threshold: float = 0.5) -> ErrorCosts:
    """Return what each kind of mistake costs, at one IoU.

    Of an image's detections of all classes together the best ``max_detections`` count, as in TIDE.
    Classes without an object are left out of mAP, as COCO leaves them out; TIDE counts them as 0.
    """
    if given.objects.ignore.all():
        return ErrorCosts(*[nan] * len(TYPES))
    given = _best_of_each_image(given)
    mistakes = _mistakes(given, iou_threshold)
    before = _map(given, mistakes, None)
    return ErrorCosts(*(max(_map(given, mistakes, t) - before, 0.0) for t in range(len(TYPES))))


def _best_of_each_image(given: EvaluationSet) -> EvaluationSet:
    found = given.found
    order = np.lexsort((found.place, -found.score, found.image))
    image = found.image[order]
    rank = np.arange(len(image)) - np.searchsorted(image, image)
    kept = np.sort(order[rank < given.max_detections])
    return replace(given, found=found.at(kept))


def _mistakes(given: EvaluationSet, threshold: float) -> _Mistakes:
    """Return all mistakes, found in some of the images at a time."""
    count, objects = len(given.found), len(given.objects)
    kind, repaired = np.full((2, count), -1)
    right, ignored = np.zeros((2, count), bool)
    missed = np.zeros(objects, bool)
    for rows, wanted in _image_parts(given):
        some = replace(given, found=given.found.at(rows), objects=given.objects.at(wanted))
        part = _mistakes_of(some, threshold)
        kind[rows], right[rows], ignored[rows] = part.kind, part.right, part.ignored
        saved = part.repaired >= 0
        repaired[rows[saved]] = wanted[part.repaired[saved]]
        missed[wanted] = part.missed
    return _Mistakes(kind, right, ignored, repaired, missed)


def _image_parts(given: EvaluationSet) -> Iterator[tuple[Ints, Ints]]:
    """Yield the rows of detections and objects of some images, with about `PART` detections."""
    order = np.argsort(given.found.image, kind="stable")
    images = np.arange(given.images + 1)
    ends = np.searchsorted(given.found.image[order], images)
    objects = np.searchsorted(given.objects.image, images)
    start = 0
    while start < given.images:
        stop = max(int(np.searchsorted(ends, ends[start] + PART, "right")) - 1, start + 1)
        # In the order of before: by class, best score first.
        rows = np.sort(order[ends[start] : ends[stop]])
        yield rows, np.arange(objects[start], objects[stop])
        start = stop


def _mistakes_of(given: EvaluationSet, threshold: float) -> _Mistakes:
    found, objects = given.found, given.objects
    same = overlapping(found, objects, threshold - 1e-9, same_class=True)
    table = match_all(found, objects, same, (threshold,))
    right, ignored = table.true_positive[:, 0], table.ignored[:, 0]
    used = np.zeros(len(objects), bool)
    used[table.object[right, 0]] = True

    near = overlapping(found, objects.all_wanted(), BACKGROUND_IOU, same_class=False)
    near = near.where(~objects.ignore[near.object])
    alike = found.label[near.detection] == objects.label[near.object]
    count = len(found)
    own_iou, own = _nearest(near.where(alike), count)
    other_iou, other = _nearest(near.where(~alike), count)
    taken_iou, _ = _nearest(near.where(alike & used[near.object]), count)
    any_iou, _ = _nearest(near, count)

    # The first that holds, in TIDE's order; what is left is wrong in both.
    cases = [
        (own_iou >= BACKGROUND_IOU) & (own_iou <= threshold),
        other_iou >= threshold,
        taken_iou >= threshold,
        any_iou <= BACKGROUND_IOU,
    ]
    names = [TYPES.index(n) for n in ("localisation", "classification", "duplicate", "background")]
    kind = np.select(cases, names, TYPES.index("both"))
    kind[right] = -1
    wanted = np.select([kind == names[0], kind == names[1]], [own, other], -1)
    free = ~np.append(used, True)[wanted]  # -1 is the last
    missed = ~used & ~objects.ignore
    missed[wanted[free]] = False
    return _Mistakes(
        kind=kind,
        right=right,
        ignored=ignored,
        repaired=_first_to_ask(np.where(free, wanted, -1), found.score),
        missed=missed,
    )


def _nearest(pairs: Pairs, detections: int) -> tuple[Floats, Ints]:
    """Return each detection's largest overlap, 0 without any, and the first object that has it."""
    overlap, nearest = np.zeros(detections), np.full(detections, -1)
    first = pairs.nearest()
    overlap[first.detection], nearest[first.detection] = first.overlap, first.object
    return overlap, nearest


def _first_to_ask(wanted: Ints, score: Floats) -> Ints:
    """Leave each object to the best-scored detection that wants it; the others get -1."""
    asking = np.flatnonzero(wanted >= 0)
    asking = asking[np.argsort(-score[asking], kind="stable")]
    _, first = np.unique(wanted[asking], return_index=True)
    given = np.full(len(wanted), -1)
    given[asking[first]] = wanted[asking[first]]
    return given


def _map(given: EvaluationSet, mistakes: _Mistakes, repair: int | None) -> float:
    """Return mAP with one kind of mistake repaired, or with none."""
    found, objects = given.found, given.objects
    right, label = mistakes.right.copy(), found.label.copy()
    counts, wanted = ~mistakes.ignored, ~objects.ignore
    if repair == TYPES.index("missed"):
        wanted = wanted & ~mistakes.missed
    elif repair is not None:
        here = mistakes.kind == repair
        saved = here & (mistakes.repaired >= 0)
        right[saved] = True
        label[saved] = objects.label[mistakes.repaired[saved]]
        counts = (counts & ~here) | saved
    aps = []
    for each in np.unique(objects.label[~objects.ignore]):
        rows = np.flatnonzero(counts & (label == each))
        number = int((wanted & (objects.label == each)).sum())
        if rows.size or number:  # a class of which nothing is left is undefined
            aps.append(_average_precision(right[rows], found.score[rows], number))
    return float(np.mean(aps)) if aps else 1.0  # nothing left to be found, and nothing wrong


def _average_precision(right: Bools, score: Floats, objects: int) -> float:
    """Return the mean precision at 101 recalls, 0 without objects."""
    if not objects:
        return 0.0
    hits = np.cumsum(right[np.argsort(-score, kind="stable")])
    best = np.append(envelope(hits / np.arange(1, len(hits) + 1)), 0.0)
    return float(best[np.searchsorted(hits / objects, RECALLS)].mean())
