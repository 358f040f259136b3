"""Learn what proposing needs from labelled images: shapes, usual boxes and two objectnesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, iou
from models.channels import Channels
from models.hog import Features
from models.objectness import Objectness, fit_objectness, view
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image
from pipelines.proposals.propose import Proposer, candidates, search
from pipelines.proposals.windows import all_windows, fit_shapes, visible

LEARNT_FROM = 100  # images: windows of more would not move a few hundred weights
PRIOR_BOXES = 1000  # most of the prior arm
WINDOWS_OF_A_SHAPE = 12  # an image, of each kind, for the first objectness
NEAR_AN_IMAGE, BESIDE_AN_IMAGE = 80, 80  # candidates for the second

T = TypeVar("T")
Seen = tuple[Features, NDArray[np.float64], Boxes, Boxes]  # views, IoUs, boxes, objects


class Each(Protocol):
    """Does some work on every image, with its annotations and random numbers of its own."""

    def __call__(
        self,
        images: Sequence[LabelledImage],
        work: Callable[[Image, Annotations, Generator], T],
        name: str,
    ) -> list[T]:
        """Return what the work gave, in the order of the images."""
        ...


def learn_proposer(
    images: Sequence[LabelledImage], settings: ClassicalSettings, seed: int, each: Each
) -> Proposer:
    """Return a proposer of images that have at least one object that is not ignored."""
    shapes = fit_shapes(_relative_sizes(images), settings.window_shapes, seed)
    prior = _usual_boxes(images, seed)
    few = images[:: -(-len(images) // LEARNT_FROM)]
    seen = each(few, partial(_windows, shapes=shapes), "learning windows")
    first = _fit(seen, seed)
    work = partial(_candidates, shapes=shapes, prior=prior, first=first, settings=settings)
    return Proposer(shapes, prior, first, _fit(each(few, work, "learning proposals"), seed))


def overlaps(boxes: Boxes, truth: Annotations) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each box's largest IoU with an object, and which object it is (-1 for none)."""
    if not len(truth) or not len(boxes):
        return np.zeros(len(boxes)), np.full(len(boxes), -1)
    overlap = iou(boxes, truth.boxes)
    return overlap.max(axis=1), overlap.argmax(axis=1)


def _relative_sizes(images: Sequence[LabelledImage]) -> NDArray[np.float64]:
    sizes = [
        (truth.boxes[:, 2:] - truth.boxes[:, :2])[~truth.ignore]
        / max(image.width_px, image.height_px)
        for image in images
        for truth in [image.annotations]
    ]
    return np.concatenate(sizes)


def _usual_boxes(images: Sequence[LabelledImage], seed: int) -> Boxes:
    """Return the centres of clusters of the training boxes, those of the fullest clusters first."""
    boxes = np.concatenate(
        [
            im.annotations.boxes[~im.annotations.ignore]
            / [im.width_px, im.height_px, im.width_px, im.height_px]
            for im in images
        ]
    )
    distinct = np.unique(boxes.round(6), axis=0)
    if len(distinct) <= PRIOR_BOXES:
        return np.asarray(distinct)
    model = MiniBatchKMeans(PRIOR_BOXES, n_init=1, batch_size=4096, random_state=seed).fit(boxes)
    fullest = np.argsort(-np.bincount(model.labels_, minlength=PRIOR_BOXES), kind="stable")
    return np.asarray(model.cluster_centers_[fullest], np.float64)


def _windows(
    image: Image, truth: Annotations, random: Generator, shapes: NDArray[np.float64]
) -> Seen:
    """Return windows on and beside objects, as many of each shape as chance has it."""
    searched = search(image)
    width, height = searched.size
    scaled = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    chosen = []
    for windows, _, _ in all_windows(searched.levels, width, height, shapes):
        boxes = windows.reshape(-1, 4)
        boxes, _ = visible(boxes, np.zeros(len(boxes), np.float32), width, height)
        overlap, _ = overlaps(boxes, scaled)
        for rows in (np.flatnonzero(overlap >= 0.4), np.flatnonzero(overlap < 0.4)):
            chosen.append(boxes[random.permutation(rows)[:WINDOWS_OF_A_SHAPE]])
    return _seen(searched.levels, np.concatenate(chosen), scaled)


def _candidates(
    image: Image,
    truth: Annotations,
    random: Generator,
    shapes: NDArray[np.float64],
    prior: Boxes,
    first: Objectness,
    settings: ClassicalSettings,
) -> Seen:
    """Return candidates on and beside objects."""
    searched = search(image)
    scaled = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    boxes, _ = candidates(searched, shapes, prior, first, settings)
    overlap, _ = overlaps(boxes, scaled)
    near = random.permutation(np.flatnonzero(overlap >= 0.4))[:NEAR_AN_IMAGE]
    beside = random.permutation(np.flatnonzero(overlap < 0.4))[:BESIDE_AN_IMAGE]
    return _seen(searched.levels, boxes[np.concatenate([near, beside])], scaled)


def _seen(levels: Channels, boxes: Boxes, truth: Annotations) -> Seen:
    overlap, nearest = overlaps(boxes, truth)
    keep = np.ones(len(boxes), bool)
    targets = boxes
    if len(truth) and len(boxes):
        keep = ~(truth.ignore[nearest] & (overlap > 0))
        targets = truth.boxes[nearest]
    boxes, overlap, targets = boxes[keep], overlap[keep], targets[keep]
    return view(levels, boxes), overlap, boxes, targets


def _fit(seen: Sequence[Seen], seed: int) -> Objectness:
    views, overlap, boxes, targets = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return fit_objectness(views, overlap, boxes, targets, seed)
