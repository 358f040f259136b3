"""Where each object was lost on its way through a detector's stages, and what each stage can reach.

A stage is looked at if its output offers `Candidates`: boxes, and with them labels and scores once
it has decided on them. Nothing here knows which detector it is: one that proposes boxes before it
names them loses objects in other places than one that does both at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import iou
from pipelines.detections import Candidates, Detections
from pipelines.evaluation.matching import match
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.undefined import Number

FOUND_IOU = 0.5  # least to be found
BADLY_PLACED_IOU = 0.1  # as TIDE has it: below this a box has nothing to do with an object
WITH_PROPOSALS = ("not_proposed", "misclassified", "badly_placed", "suppressed")
WITHOUT_PROPOSALS = ("below_threshold", "wrong_class", "badly_placed", "suppressed")


@dataclass(frozen=True)
class Reach:
    """What one stage offers for each of an image's objects: ``(M,)`` best scores, nan for nothing.

    A stage without labels gives 0 for whatever it offers.

    Attributes:
        right: of the right class at the right place; where there are no classes, of the place.
        wrong_class: of another class at the right place.
        near: of the right class, with an IoU from .1 to the threshold.
        named: whether the stage has labels.
    """

    right: tuple[Number, ...]
    wrong_class: tuple[Number, ...]
    near: tuple[Number, ...]
    named: bool

    def holds(self, threshold: float) -> NDArray[np.bool_]:
        """Return the ``(M,)`` objects it has a good enough candidate for."""
        best = np.array(self.right, np.float64)
        return np.asarray(best >= threshold if self.named else ~np.isnan(best))


def reach(
    truth: Annotations,
    candidates: Candidates,
    calibrated: Callable[[Floats], Floats] | None = None,
) -> Reach:
    """Return what a stage offers for an image's objects.

    ``calibrated`` makes its scores such as the detections have, if they are not yet.
    """
    overlap = iou(candidates.boxes, truth.boxes)
    labels = getattr(candidates, "labels", None)
    scores = getattr(candidates, "scores", None)
    worth = np.zeros(len(overlap)) if scores is None else np.asarray(scores, np.float64)
    if scores is not None and calibrated is not None:
        worth = calibrated(worth)
    here = overlap >= FOUND_IOU
    near = (overlap >= BADLY_PLACED_IOU) & ~here
    alike = np.ones_like(here) if labels is None else labels[:, None] == truth.labels[None, :]
    return Reach(
        right=_best(here & alike, worth),
        wrong_class=_best(here & ~alike, worth),
        near=_best(near & alike, worth),
        named=labels is not None,
    )


def lost_objects(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    reaches: Sequence[Mapping[str, Reach]],
    threshold: float,
) -> tuple[dict[str, int], dict[str, float]]:
    """Return how many objects are not found at a score threshold by reason, and recall ceilings.

    A stage's ceiling is the share of objects it still has a good enough candidate for.

    For a detector that proposes first: no proposal is on the object; one is, but no candidate of
    its class and score; one was, and the box was then moved off it; or a good one was there until
    non-maximum suppression. For one without proposals: a right detection is below the threshold
    (also where there is none, since those of the lowest scores are not kept), a detection of
    another class is on the object, one of its class is beside it, or a good one was suppressed. An
    object that shares its only detection with a neighbour is counted with the suppressed.

    Args:
        ground_truth: of each image.
        detections: of each image, all scores.
        reaches: of each image, by stage, in order; the last is that of the detections.
        threshold: score from which on a detection counts.
    """
    reasons: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    total = sum(int((~truth.ignore).sum()) for truth in ground_truth)
    for truth, found, by_stage in zip(ground_truth, detections, reaches, strict=True):
        missed = np.flatnonzero(match(truth, found.above(threshold), FOUND_IOU).missed)
        offers = list(by_stage.values())
        reasons.update(_reason(offers[:-1] or offers, place, threshold) for place in missed)
        for stage, offered in by_stage.items():
            kept[stage] += int((offered.holds(threshold) & ~truth.ignore).sum())
    proposes = any(not offered.named for by_stage in reaches for offered in by_stage.values())
    names = WITH_PROPOSALS if proposes else WITHOUT_PROPOSALS
    ceilings = {stage: held / total if total else nan for stage, held in kept.items()}
    return {name: reasons[name] for name in names}, ceilings


def _reason(stages: Sequence[Reach], place: np.intp, threshold: float) -> str:
    """Return why an object is not among the detections, by the stages before them."""
    *before, last = stages
    if last.named and last.right[place] >= threshold:
        return "suppressed"
    if any(not stage.named for stage in stages):
        if any(stage.named and stage.holds(threshold)[place] for stage in before):
            return "badly_placed"
        offered = any(not stage.named and stage.holds(threshold)[place] for stage in stages)
        return "misclassified" if offered else "not_proposed"
    if not np.isnan(last.right[place]):
        return "below_threshold"
    if last.wrong_class[place] >= threshold:
        return "wrong_class"
    return "badly_placed" if last.near[place] >= threshold else "below_threshold"


def _best(chosen: NDArray[np.bool_], worth: Floats) -> tuple[float, ...]:
    best = np.where(chosen, worth[:, None], -np.inf).max(axis=0, initial=-np.inf)
    return tuple(np.where(np.isneginf(best), nan, best).tolist())
