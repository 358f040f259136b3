"""Explanations of one image's detections, each with what it is worth, chance for comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from datasets.annotations import LabelledImage
from datasets.boxes import iou
from datasets.images import load_image
from pipelines.detections import Detections, Image
from pipelines.evaluation.pairs import Floats
from pipelines.studies.interpretability.explainers import DRISE, SAME_IOU, Explainer
from pipelines.studies.interpretability.faithfulness import (
    AREAS,
    agreement,
    deletion,
    random_saliency,
    within,
    worth,
)
from pipelines.studies.interpretability.saliency import Saliency, Target, drise

RANDOM, RANDOM_WITHIN = "random", "random within the box"
# Calls of the detector for one object: two methods hidden and shown, two random ones hidden.
CALLS = 6 * (len(AREAS) + 1)


@dataclass(frozen=True)
class Explained:
    """One method's explanation of one detection.

    Attributes:
        image: its name.
        pipeline: whose detection it is.
        method: ``D-RISE``, the pipeline's own, or ``random`` for comparison.
        deletion: share of the score that is left while what matters is hidden: less is better.
        insertion: share that is there while only that is shown, nan where not measured.
        points: whether the pixel that matters most is on the object; None where not measured.
        agreement: correlation of two runs, nan where not measured.
    """

    image: str
    pipeline: str
    method: str
    deletion: float
    insertion: float
    points: bool | None
    agreement: float


def right_detections(found: Detections, image: LabelledImage) -> Detections:
    """Return the detections that are on an object of their class."""
    truth = image.annotations
    on = iou(found.boxes, truth.boxes) >= SAME_IOU
    on &= found.labels[:, None] == truth.labels[None, :]
    keep = on.any(axis=1)
    return Detections(found.boxes[keep], found.scores[keep], found.labels[keep])


def explained(
    explainers: Mapping[str, Explainer],
    image: LabelledImage,
    pairs: Sequence[tuple[Target, ...]],
    masks: int,
    seed: int,
) -> list[Explained]:
    """Return a row each pipeline, detection and method, random ones for comparison among them.

    Args:
        explainers: by pipeline.
        image: in which is explained.
        pairs: for each object the detection of each pipeline, in their order.
        masks: for D-RISE, one half in each of two runs.
        seed: of the masks.
    """
    pixels = load_image(image.path)
    rows = []
    for place, (name, explainer) in enumerate(explainers.items()):
        targets = [pair[place] for pair in pairs]
        halves = [
            drise(explainer.detect_many, pixels, targets, range(*part), seed)
            for part in ((masks // 2,), (masks // 2, masks))
        ]
        for target, first, second in zip(targets, *halves, strict=True):
            truth = _object(image, target)
            own = [explainer.own(pixels, target) for _ in range(2)]
            methods = {
                DRISE: ((first + second) / 2, first, second),
                explainer.own_name: (own[0], *own),
            }
            for method, (saliency, one, other) in methods.items():
                told = worth(explainer.detect_many, pixels, target, saliency, truth)
                rows.append(
                    Explained(
                        image.name,
                        name,
                        method,
                        told.deletion,
                        told.insertion,
                        told.points,
                        agreement(one, other),
                    )
                )
            rows += _at_random(explainer, pixels, image.name, name, target, seed + len(rows))
    return rows


def _object(image: LabelledImage, target: Target) -> Floats:
    """Return the annotated box the target is of."""
    truth = image.annotations
    overlap = iou(target.boxes, truth.boxes)[0] * (truth.labels == target.label)
    return np.asarray(truth.boxes[int(overlap.argmax())])


def _at_random(
    explainer: Explainer, pixels: Image, image: str, name: str, target: Target, seed: int
) -> list[Explained]:
    """Return what hiding as many pixels at random does, anywhere and within the box."""
    level: Saliency = random_saliency((pixels.shape[0], pixels.shape[1]), seed)
    return [
        Explained(
            image,
            name,
            method,
            deletion(explainer.detect_many, pixels, target, saliency),
            nan,
            None,
            nan,
        )
        for method, saliency in ((RANDOM, level), (RANDOM_WITHIN, within(level, target)))
    ]
