"""Examples for the SVMs and the box regression: described boxes on objects and beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import Boxes, clip, nearest_objects
from models.classical.hog import Template
from models.classical.linear_svm import BACKGROUND
from models.classical.settings import ClassicalSettings
from pipelines.classical.detector import describe_boxes
from pipelines.classical.proposals.propose import Proposer, Search, propose, search
from pipelines.detections import Image

NEAR_IOU = 0.5  # from here on a proposal shows its object well enough to learn its box from
BESIDE_IOU = 0.3  # below, it shows none
NEAR_AN_IMAGE = 60
LEAST_BESIDE = 20  # an image
MOVED_BY = 0.08  # of the side, each edge of a moved copy: IoU of 0.7 and more


@dataclass(frozen=True, eq=False)
class Examples:
    """Described boxes.

    Attributes:
        features: ``(N, D)`` float16: half the memory, and more digits than the image had.
        boxes: ``(N, 4)``.
        targets: ``(N, 4)`` boxes of the objects they show.
        labels: ``(N,)`` of the objects, or `BACKGROUND`.
        overlaps: ``(N,)`` IoU with the object.
    """

    features: NDArray[np.float16]
    boxes: Boxes
    targets: Boxes
    labels: NDArray[np.int64]
    overlaps: NDArray[np.float64]

    @staticmethod
    def joined(parts: Sequence[Examples]) -> Examples:
        """Return all parts as one."""
        names = (field.name for field in fields(Examples))
        return Examples(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
        )


def without_ignored(truth: Annotations) -> Annotations:
    """Return the annotations without those to be ignored."""
    return Annotations(truth.boxes[~truth.ignore], truth.labels[~truth.ignore])


def gather(
    image: Image,
    truth: Annotations,
    random: Generator,
    proposer: Proposer,
    templates: tuple[Template, ...],
    settings: ClassicalSettings,
    max_examples: int,
) -> Examples:
    """Return an image's objects, moved copies of them, and proposals on and beside them.

    ``random`` decides what moves and what is left out; background is beyond ``max_examples``.
    """
    searched = search(image)
    truth = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    proposals = propose(searched, proposer, settings).boxes
    overlap, nearest = nearest_objects(proposals, truth.boxes)
    real = without_ignored(truth)
    copies = 1 + settings.moved_copies
    moved = (_moved(real.boxes, searched, random) for _ in range(copies - 1))
    on_objects = np.concatenate([real.boxes, *moved])
    ignored = truth.ignore[nearest] if len(truth) else np.zeros(len(proposals), bool)
    near = random.permutation(np.flatnonzero((overlap >= NEAR_IOU) & ~ignored))[:NEAR_AN_IMAGE]
    background = (overlap < BESIDE_IOU) & ~truth.holds_ignored(proposals)
    beside = random.permutation(np.flatnonzero(background))
    beside = beside[: max(max_examples - len(on_objects) - len(near), LEAST_BESIDE)]
    shown = nearest[near]
    boxes = np.concatenate([on_objects, proposals[near], proposals[beside]])
    return Examples(
        features=describe_boxes(searched.levels, boxes, templates, settings).astype(np.float16),
        boxes=boxes,
        targets=np.concatenate([*[real.boxes] * copies, truth.boxes[shown], proposals[beside]]),
        labels=np.concatenate(
            [*[real.labels] * copies, truth.labels[shown], np.full(len(beside), BACKGROUND)]
        ),
        overlaps=np.concatenate([np.ones(len(on_objects)), overlap[near], np.zeros(len(beside))]),
    )


def _moved(boxes: Boxes, searched: Search, random: Generator) -> Boxes:
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved = boxes + random.uniform(-MOVED_BY, MOVED_BY, boxes.shape) * sides
    return clip(moved, *searched.size)
