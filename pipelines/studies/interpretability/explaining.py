"""Explanations of detections by each method, how faithful they are, and chance for comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import msgspec

from datasets.annotations import LabelledImage
from datasets.boxes import iou
from datasets.images import pixels_of
from pipelines.detections import Detections, Image
from pipelines.evaluation.pairs import Bools, Floats
from pipelines.evaluation.undefined import Number
from pipelines.studies.interpretability.explainers import SAME_IOU, Explainer
from pipelines.studies.interpretability.faithfulness import (
    AREAS,
    Faithfulness,
    agreement,
    deletion,
    faithfulness,
    random_saliency,
    within,
)
from pipelines.studies.interpretability.saliency import DetectedBox, Saliency, drise

DRISE, RANDOM, RANDOM_WITHIN = "D-RISE", "random", "random within the box"
# Calls of the detector for one object: two methods hidden and shown, two random ones hidden.
CALLS = 6 * (len(AREAS) + 1)


@dataclass(frozen=True, eq=False)
class Explanation:
    """One method's explanation of one detection.

    Attributes:
        saliency: ``(H, W)``, the mean of two runs.
        faithfulness: of it.
        agreement: correlation of the two runs, nan where one is level.
    """

    saliency: Saliency
    faithfulness: Faithfulness
    agreement: float


class ExplanationRow(msgspec.Struct, frozen=True):
    """The figures of one method's explanation of one detection.

    Attributes:
        image: its name.
        pipeline: the contender whose detection it is.
        method: ``D-RISE``, the contender's own, or ``random`` for comparison.
        deletion: share of the score that is left while what matters is hidden: less is better.
        insertion: share that is there while only that is shown, nan where not measured.
        points: whether the pixel that matters most is on the object; None where not measured.
        agreement: correlation of two runs, nan where not measured.
    """

    image: str
    pipeline: str
    method: str
    deletion: Number
    insertion: Number = nan
    points: bool | None = None
    agreement: Number = nan


def explain(
    explainer: Explainer,
    image: Image,
    targets: Sequence[DetectedBox],
    objects: Sequence[Floats],
    masks: int,
    seed: int,
) -> list[dict[str, Explanation]]:
    """Return the explanations of each target by method.

    Args:
        explainer: of the contender.
        image: the targets are in.
        targets: its detections.
        objects: the ``(4,)`` box of the object each target is of.
        masks: for D-RISE, one half in each of two runs.
        seed: of the masks.
    """
    halves = [
        drise(explainer.detect_many, image, targets, numbers, seed)
        for numbers in (range(masks // 2), range(masks // 2, masks))
    ]
    results = []
    for target, box, *of_target in zip(targets, objects, *halves, strict=True):
        runs = {DRISE: of_target} | {
            method: [own(image, target.box, target.label) for _ in range(2)]
            for method, own in explainer.own.items()
        }
        by_method = {}
        for method, (one, other) in runs.items():
            saliency = (one + other) / 2
            measured = faithfulness(explainer.detect_many, image, target, saliency, box)
            by_method[method] = Explanation(saliency, measured, agreement(one, other))
        results.append(by_method)
    return results


def explanation_rows(
    explainers: Mapping[str, Explainer],
    image: LabelledImage,
    shared: Sequence[tuple[DetectedBox, ...]],
    masks: int,
    seed: int,
) -> list[ExplanationRow]:
    """Return a row each contender, detection and method, random ones for comparison among them.

    ``shared`` is, for each object, the detection of each contender, in their order.
    """
    pixels, truth = pixels_of(image), image.annotations
    rows: list[ExplanationRow] = []
    for (name, explainer), targets in zip(
        explainers.items(), zip(*shared, strict=True), strict=True
    ):
        objects = [
            truth.boxes[(iou(each.boxes, truth.boxes)[0] * (truth.labels == each.label)).argmax()]
            for each in targets
        ]
        explained = explain(explainer, pixels, targets, objects, masks, seed)
        for target, by_method in zip(targets, explained, strict=True):
            for method, each in by_method.items():
                figures = *each.faithfulness, each.agreement
                rows.append(ExplanationRow(image.name, name, method, *figures))
            level = random_saliency(pixels.shape[:2], seed + len(rows))
            for method, chance in ((RANDOM, level), (RANDOM_WITHIN, within(level, target))):
                left = deletion(explainer.detect_many, pixels, target, chance)
                rows.append(ExplanationRow(image.name, name, method, left))
    return rows


def right_detections(found: Detections, image: LabelledImage) -> Detections:
    """Return the detections that are on an object of their class."""
    truth = image.annotations
    on: Bools = iou(found.boxes, truth.boxes) >= SAME_IOU
    keep = (on & (found.labels[:, None] == truth.labels)).any(axis=1)
    return Detections(found.boxes[keep], found.scores[keep], found.labels[keep])
