"""What proposing learns from labelled images: shapes, usual boxes and two objectnesses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, nearest_objects
from datasets.progress import Track
from models.classical.channels import Channels
from models.classical.hog import Features
from models.classical.objectness import Objectness, fit_objectness, view
from models.classical.settings import ClassicalSettings
from pipelines.classical.each_image import each_image
from pipelines.classical.proposals.propose import Proposer, candidates, search
from pipelines.classical.proposals.windows import all_windows, fit_shapes, visible
from pipelines.detections import Image

LEARNT_FROM = 100  # images: windows of more would not move a few hundred weights
PRIOR_BOXES = 1000  # most of the source `prior`
WINDOWS_OF_A_SHAPE = 12  # an image, of each kind, for the first objectness
NEAR_AN_IMAGE, BESIDE_AN_IMAGE = 80, 80  # candidates for the second

Seen = tuple[Features, NDArray[np.float64], Boxes, Boxes]  # views, IoUs, boxes, objects


def learn_proposer(
    images: Sequence[LabelledImage],
    settings: ClassicalSettings,
    seed: int,
    threads: int,
    track: Track,
) -> Proposer:
    """Return a proposer, learnt from images with at least one object that is not ignored.

    The result is the same with any number of ``threads``; ``track`` reports the progress.
    """
    boxes, sizes = _objects(images)
    longer = sizes.max(axis=1, keepdims=True)
    shapes = fit_shapes((boxes[:, 2:] - boxes[:, :2]) / longer, settings.window_shapes, seed)
    prior = _usual_boxes(boxes / np.tile(sizes, 2), seed)
    few = images[:: -(-len(images) // LEARNT_FROM)]
    each = partial(each_image, few, seed=seed, threads=threads, track=track)
    first = _fit(each(partial(_windows, shapes=shapes), "learning windows"), seed)
    work = partial(_candidates, shapes=shapes, prior=prior, first=first, settings=settings)
    return Proposer(shapes, prior, first, _fit(each(work, "learning proposals"), seed))


def _objects(images: Sequence[LabelledImage]) -> tuple[Boxes, NDArray[np.float64]]:
    """Return the ``(N, 4)`` boxes that are not ignored, and ``(N, 2)`` sizes of their images."""
    boxes = [image.annotations.boxes[~image.annotations.ignore] for image in images]
    sizes = np.array([(image.width_px, image.height_px) for image in images], np.float64)
    return np.concatenate(boxes), np.repeat(sizes, [len(each) for each in boxes], axis=0)


def _usual_boxes(boxes: Boxes, seed: int) -> Boxes:
    """Return the centres of clusters of the training boxes, those of the fullest clusters first."""
    distinct = np.unique(boxes.round(6), axis=0)
    if len(distinct) <= PRIOR_BOXES:
        return np.asarray(distinct)
    model = MiniBatchKMeans(PRIOR_BOXES, n_init=1, batch_size=4096, random_state=seed).fit(boxes)
    fullest = np.argsort(-np.bincount(model.labels_, minlength=PRIOR_BOXES), kind="stable")
    return np.asarray(model.cluster_centers_[fullest], np.float64)


def _windows(
    image: Image, truth: Annotations, random: Generator, shapes: NDArray[np.float64]
) -> Seen:
    """Return some windows of each shape on objects, and some beside them."""
    searched = search(image)
    width, height = searched.size
    scaled = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    chosen = []
    for windows, _, _ in all_windows(searched.levels, width, height, shapes):
        boxes, _ = visible(windows.reshape(-1, 4), width, height)
        overlap, _ = nearest_objects(boxes, scaled.boxes)
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
    """Return some candidates on objects, and some beside them."""
    searched = search(image)
    scaled = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    boxes, _ = candidates(searched, shapes, prior, first, settings)
    overlap, _ = nearest_objects(boxes, scaled.boxes)
    near = random.permutation(np.flatnonzero(overlap >= 0.4))[:NEAR_AN_IMAGE]
    beside = random.permutation(np.flatnonzero(overlap < 0.4))[:BESIDE_AN_IMAGE]
    return _seen(searched.levels, boxes[np.concatenate([near, beside])], scaled)


def _seen(levels: Channels, boxes: Boxes, truth: Annotations) -> Seen:
    overlap, nearest = nearest_objects(boxes, truth.boxes)
    targets = boxes
    if len(truth) and len(boxes):
        keep = ~(truth.ignore[nearest] & (overlap > 0))
        boxes, overlap, targets = boxes[keep], overlap[keep], truth.boxes[nearest[keep]]
    return view(levels, boxes), overlap, boxes, targets


def _fit(seen: Sequence[Seen], seed: int) -> Objectness:
    views, overlap, boxes, targets = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return fit_objectness(views, overlap, boxes, targets, seed)
