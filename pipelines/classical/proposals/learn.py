"""What proposing learns from labelled images: shapes, usual boxes and two objectnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, nearest_objects
from datasets.progress import Track
from models.classical.hog import Features
from models.classical.objectness import Objectness, fit_objectness, view
from models.classical.settings import ClassicalSettings
from pipelines.classical.each_image import each_image
from pipelines.classical.proposals.propose import Proposer, Search, candidates, search
from pipelines.classical.proposals.windows import all_windows, fit_shapes, visible
from pipelines.detections import Image

LEARNT_FROM = 100  # images: windows of more would not move a few hundred weights
PRIOR_BOXES = 1000  # most of the source `prior`
ON_OBJECT = 0.4  # IoU from which on a box is on an object
# Boxes that the first and the second objectness learn from, as many on objects as beside them.
WINDOWS_OF_A_SHAPE, CANDIDATES_AN_IMAGE = 12, 80

BoxesOf = Callable[[Search], Iterable[Boxes]]


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

    def fitted(boxes_of: BoxesOf, count: int, name: str) -> Objectness:
        work = partial(_examples, boxes_of=boxes_of, count=count)
        parts = each_image(few, work, name, seed=seed, threads=threads, track=track)
        views, overlap, boxes, targets = map(np.concatenate, zip(*parts, strict=True))
        return fit_objectness(views, overlap, boxes, targets, seed)

    def windows(searched: Search) -> Iterator[Boxes]:
        for each, _, _ in all_windows(searched.levels, *searched.size, shapes):
            yield visible(each.reshape(-1, 4), *searched.size)[0]

    first = fitted(windows, WINDOWS_OF_A_SHAPE, "learning windows")

    def proposed(searched: Search) -> Iterator[Boxes]:
        yield candidates(searched, shapes, prior, first, settings)[0]

    second = fitted(proposed, CANDIDATES_AN_IMAGE, "learning proposals")
    return Proposer(shapes, prior, first, second)


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


def _examples(
    image: Image, truth: Annotations, random: Generator, boxes_of: BoxesOf, count: int
) -> tuple[Features, NDArray[np.float64], Boxes, Boxes]:
    """Return views, IoUs and objects of boxes on objects and beside them, ``count`` of each kind.

    The boxes themselves come third, before the objects.
    """
    searched = search(image)
    truth = Annotations(truth.boxes / searched.back, truth.labels, truth.ignore)
    chosen = []
    for some in boxes_of(searched):
        overlap, _ = nearest_objects(some, truth.boxes)
        for rows in (np.flatnonzero(overlap >= ON_OBJECT), np.flatnonzero(overlap < ON_OBJECT)):
            chosen.append(some[random.permutation(rows)[:count]])
    boxes = targets = np.concatenate(chosen)
    overlap, nearest = nearest_objects(boxes, truth.boxes)
    if len(truth) and len(boxes):
        unknown = truth.ignore[nearest] & (overlap > 0)
        keep = ~unknown & ((overlap >= ON_OBJECT) | ~truth.holds_ignored(boxes))
        boxes, overlap, targets = boxes[keep], overlap[keep], truth.boxes[nearest[keep]]
    return view(searched.levels, boxes), overlap, boxes, targets
