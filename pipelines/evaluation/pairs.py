"""All images at once: objects and detections in flat arrays, and which of them overlap.

Everything that is asked of detections and ground truth together (matching by COCO's or VOC's rule,
error types, resampling) starts from these arrays, so that each overlap is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import Boxes, xyxy_to_xywh
from datasets.equal_keys import with_equal_keys
from pipelines.detections import Detections

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK = 2_000_000  # pairs processed together: about 300 MB on the way


@dataclass(frozen=True, eq=False)
class FlatObjects:
    """The ground truth of all images, image by image: ``(M,)`` arrays, boxes ``(M, 4)`` xyxy px.

    ``image`` is the place of its image, ``area`` the square pixels by which COCO tells small from
    large: of the box if nothing better is known, of the outline where a file gives it.
    """

    image: Ints
    label: Ints
    ignore: Bools
    boxes: Boxes
    area: Floats

    def at(self, rows: Ints) -> FlatObjects:
        """Return some of the objects."""
        return FlatObjects(*(column[rows] for column in vars(self).values()))

    def all_wanted(self) -> FlatObjects:
        """Return the same objects, none of them *ignore*."""
        return replace(self, ignore=np.zeros(len(self), bool))

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.image)


@dataclass(frozen=True, eq=False)
class FlatDetections:
    """The detections of all images, by class, best score first, equal scores in image order.

    All are ``(N,)``, boxes ``(N, 4)`` xyxy px. ``image`` is the place of its image, ``rank`` how
    many of its class are before it there, ``place`` where it stands when all images' detections
    are put one after the other.
    """

    image: Ints
    label: Ints
    score: Floats
    boxes: Boxes
    rank: Ints
    place: Ints

    def at(self, rows: Ints) -> FlatDetections:
        """Return some of the detections."""
        return FlatDetections(*(column[rows] for column in vars(self).values()))

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.image)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of a detection and an object of one image: ``(P,)`` arrays, by detection, then object.

    Attributes:
        detection: row of `FlatDetections`.
        object: row of `FlatObjects`.
        overlap: IoU; with an *ignore* object the share of the detection that lies in it.
    """

    detection: Ints
    object: Ints
    overlap: Floats

    def where(self, keep: Bools | Ints) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.detection[keep], self.object[keep], self.overlap[keep])

    def nearest(self) -> Pairs:
        """Return of each detection's pairs the first with the largest overlap."""
        order = np.lexsort((self.object, -self.overlap, self.detection))
        return self.where(order[np.unique(self.detection[order], return_index=True)[1]])


def flat_objects(
    ground_truth: Sequence[Annotations], areas: Sequence[Floats] | None = None
) -> FlatObjects:
    """Return the objects of all images; ``areas`` in square pixels, by default of their boxes."""
    every = [Annotations(), *ground_truth]  # at least one, which numpy wants
    boxes = np.concatenate([truth.boxes for truth in every])
    size = xyxy_to_xywh(boxes)[:, 2:].prod(axis=1)
    return FlatObjects(
        image=np.repeat(np.arange(len(every)), [len(truth) for truth in every]) - 1,
        label=np.concatenate([truth.labels for truth in every]),
        ignore=np.concatenate([truth.ignore for truth in every]),
        boxes=boxes,
        area=size if areas is None else np.concatenate([np.zeros(0), *areas]),
    )


def flat_detections(detections: Sequence[Detections]) -> FlatDetections:
    """Return the detections of all images, sorted as COCO sorts them."""
    every = [Detections(), *detections]  # at least one, which numpy wants
    image = np.repeat(np.arange(len(every)), [len(found) for found in every]) - 1
    label = np.concatenate([found.labels for found in every])
    score = np.concatenate([found.scores for found in every])
    boxes = np.concatenate([found.boxes for found in every])
    key = image * (label.max(initial=0) + 1) + label
    together = np.argsort(key, kind="stable")  # within an image they are best first
    rank = np.empty_like(key)
    rank[together] = np.arange(len(key)) - np.searchsorted(key[together], key[together])
    order = np.lexsort((-score, label))
    return FlatDetections(
        image[order], label[order], score[order], boxes[order], rank[order], order
    )


def overlapping(
    found: FlatDetections, objects: FlatObjects, least: float, *, same_class: bool
) -> Pairs:
    """Return the pairs that overlap by ``least`` (over 0) or more, as COCO's arithmetic sees it.

    ``same_class`` leaves out pairs of two classes.
    """
    classes = max(int(found.label.max(initial=-1)), int(objects.label.max(initial=-1))) + 1
    asked, known = found.image, objects.image
    if same_class:
        asked, known = asked * classes + found.label, known * classes + objects.label
    none = np.zeros(0, np.int64)
    parts = [Pairs(none, none, np.zeros(0))]
    for rows, columns in with_equal_keys(asked, known, BLOCK):
        overlap = pair_overlap(
            found.boxes[rows], objects.boxes[columns], share=objects.ignore[columns]
        )
        parts.append(Pairs(rows, columns, overlap).where(overlap >= least))
    return Pairs(*map(np.concatenate, zip(*(vars(part).values() for part in parts), strict=True)))


def pair_overlap(first: Boxes, second: Boxes, share: Bools) -> Floats:
    """Return the IoU of each row's two boxes, or how much of the first is in the second.

    Computed from left, top, width and height, in the order of pycocotools, so that an overlap
    at a threshold falls on the same side of it.
    """
    a, b = xyxy_to_xywh(first), xyxy_to_xywh(second)
    low = np.maximum(a[:, :2], b[:, :2])
    sides = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]) - low
    shared = np.where((sides > 0).all(axis=1), sides[:, 0] * sides[:, 1], 0.0)
    own, other = a[:, 2] * a[:, 3], b[:, 2] * b[:, 3]
    whole = np.where(share, own, own + other - shared)
    return np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)
