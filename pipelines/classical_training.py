"""Training of the classical pipeline, step by step: each image opened when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, clip, iou
from datasets.images import load_image
from datasets.progress import Track
from models.box_regression import BoxRegression, fit_regression
from models.errors import TrainingError
from models.hog import Features
from models.linear_svm import BACKGROUND, LinearSvm, calibrate, fit
from models.objectness import Objectness, fit_objectness
from pipelines.classical import ClassicalDetector, describe_boxes, limit_for
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image
from pipelines.proposals.propose import propose
from pipelines.proposals.windows import all_windows, fit_shapes

OBJECT_IOU, BESIDE_IOU = 0.6, 0.3  # a window at least this much on, at most this much on an object
MINED_IOU = 0.3  # a surely recognised proposal that overlaps less is a mistake to learn from
NEAR_IOU = 0.5  # from here on a proposal shows its object well enough to learn its box from
OBJECTNESS_IMAGES = 200  # windows of more would not move two hundred weights
WINDOWS_AN_IMAGE = 150  # of each kind, for objectness
NEAR_AN_IMAGE, BESIDE_AN_IMAGE, HARD_AN_IMAGE = 60, 40, 30
MOST_A_CLASS, MOST_BACKGROUND = 3000, 9000  # examples of an SVM: bounds time and memory

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Examples:
    """Described boxes: ``(N, D)`` features, boxes, the objects' boxes and labels or background."""

    features: Features
    boxes: Boxes
    targets: Boxes
    labels: NDArray[np.int64]
    exact: NDArray[np.bool_]

    @staticmethod
    def joined(parts: Sequence[Examples]) -> Examples:
        """Return all parts as one."""
        return Examples(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("features", "boxes", "targets", "labels", "exact")
            )
        )

    def only(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Examples:
        """Return some of the rows."""
        return Examples(
            self.features[rows],
            self.boxes[rows],
            self.targets[rows],
            self.labels[rows],
            self.exact[rows],
        )


def train_classical(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: ClassicalSettings,
    seed: int,
    track: Track,
    jobs: int,
) -> ClassicalDetector:
    """Return a detector trained on ``train`` and calibrated on ``val``.

    Every draw depends on the seed and the image's number alone, never on ``jobs``.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    known = [_known(image.annotations) for image in train]
    if not any(len(truth) for truth in known):
        raise TrainingError("the train split has no box to learn from; label some objects")

    def each(
        images: Sequence[LabelledImage],
        work: Callable[..., T],
        name: str,
    ) -> list[T]:
        def one(number: int) -> T:
            random = np.random.default_rng((seed, number))
            return work(load_image(images[number].path), images[number].annotations, random)

        done = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
            delayed(one)(number) for number in range(len(images))
        )
        return list(track(done, name, len(images)))

    shapes = fit_shapes(_relative_sizes(train, known), settings.window_shapes, seed)
    few = train[:: max(1, len(train) // OBJECTNESS_IMAGES)]
    windows = each(few, partial(_windows, shapes=shapes), "learning objectness")
    objectness = _fit_objectness(windows, seed)
    most = max(map(len, known))
    detector = ClassicalDetector(
        tuple(classes),
        settings,
        shapes,
        objectness,
        svm=_no_svm(len(classes)),
        regression=BoxRegression(np.zeros((0, 0, 4), np.float32), np.zeros((0, 4), np.float32)),
        limit=limit_for(most),
        jobs=1,
    )
    gathered = each(train, partial(_gather, detector=detector), "describing examples")
    pool = Examples.joined([examples for examples, _ in gathered])
    proposed = [boxes for _, boxes in gathered]
    regression = _fit_regression(pool, len(classes))
    svm = _fit_svm(pool, len(classes), settings, seed)
    for mining in range(settings.mining_rounds):
        found = _mine(train, proposed, svm, settings, jobs, track, f"hard negatives {mining + 1}")
        pool = Examples.joined([pool, *found])
        svm = _fit_svm(pool, len(classes), settings, seed)
    margins = each(val, partial(_held_out, detector=detector, svm=svm), "calibrating")
    svm = calibrate(
        svm,
        np.concatenate([m for m, _ in margins]),
        np.concatenate([labels for _, labels in margins]),
    )
    return replace(detector, svm=svm, regression=regression, jobs=jobs)


def _no_svm(classes: int) -> LinearSvm:
    nothing = np.zeros(classes, np.float32)
    return LinearSvm(np.zeros((0, classes), np.float32), nothing, nothing, nothing)


def _known(truth: Annotations) -> Annotations:
    """Return the annotations without those to be ignored."""
    return Annotations(truth.boxes[~truth.ignore], truth.labels[~truth.ignore])


def _relative_sizes(
    images: Sequence[LabelledImage], known: Sequence[Annotations]
) -> NDArray[np.float64]:
    return np.concatenate(
        [
            (truth.boxes[:, 2:] - truth.boxes[:, :2]) / max(image.width_px, image.height_px)
            for image, truth in zip(images, known, strict=True)
        ]
    )


def _overlaps(boxes: Boxes, truth: Annotations) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each box's largest IoU with an object, and which object it is (-1 for none)."""
    if not len(truth) or not len(boxes):
        return np.zeros(len(boxes)), np.full(len(boxes), -1)
    overlap = iou(boxes, truth.boxes)
    return overlap.max(axis=1), overlap.argmax(axis=1)


def _windows(
    image: Image, truth: Annotations, random: Generator, shapes: NDArray[np.float64]
) -> tuple[Features, NDArray[np.bool_]]:
    """Return features of windows on and beside objects, as many of each shape as chance has it."""
    chosen, kinds = [], []
    for boxes, features in all_windows(image, shapes):
        overlap, nearest = _overlaps(boxes, truth)
        ignored = np.zeros(len(boxes), bool)
        if len(truth):
            ignored = truth.ignore[nearest] & (overlap > BESIDE_IOU)
        for rows, kind in (
            (np.flatnonzero((overlap >= OBJECT_IOU) & ~ignored), True),
            (np.flatnonzero(overlap < BESIDE_IOU), False),
        ):
            some = random.permutation(rows)[: max(1, WINDOWS_AN_IMAGE // len(shapes))]
            chosen.append(features[some])
            kinds.append(np.full(len(some), kind))
    return np.concatenate(chosen), np.concatenate(kinds)


def _fit_objectness(windows: Sequence[tuple[Features, NDArray[np.bool_]]], seed: int) -> Objectness:
    features = np.concatenate([rows for rows, _ in windows])
    kinds = np.concatenate([kind for _, kind in windows])
    try:
        return fit_objectness(features, kinds, seed)
    except ValueError:
        # Objects fill their images or no window fits them: every window is as good as another.
        return Objectness(np.zeros(features.shape[1], np.float32), 0.0)


def _gather(
    image: Image, truth: Annotations, random: Generator, detector: ClassicalDetector
) -> tuple[Examples, Boxes]:
    """Return the examples of one image and all its proposals, for mining."""
    settings = detector.settings
    proposals = propose(image, detector.shapes, detector.objectness, settings).boxes
    overlap, nearest = _overlaps(proposals, truth)
    real = _known(truth)
    moved = np.concatenate(
        [real.boxes, *(_moved(real.boxes, image, random) for _ in range(settings.moved_copies))]
    )
    ignored = truth.ignore[nearest] if len(truth) else np.zeros(len(proposals), bool)
    near = np.flatnonzero((overlap >= NEAR_IOU) & ~ignored)
    near = random.permutation(near)[:NEAR_AN_IMAGE]
    beside = np.flatnonzero(overlap < BESIDE_IOU)
    beside = random.permutation(beside)[:BESIDE_AN_IMAGE]
    boxes = np.concatenate([moved, proposals[near], proposals[beside]])
    copies = settings.moved_copies + 1
    nowhere = np.zeros((len(beside), 4))
    near_targets = truth.boxes[nearest[near]] if len(near) else np.zeros((0, 4))
    near_labels = truth.labels[nearest[near]] if len(near) else np.zeros(0, np.int64)
    examples = Examples(
        features=describe_boxes(image, boxes, settings),
        boxes=boxes,
        targets=np.concatenate([np.tile(real.boxes, (copies, 1)), near_targets, nowhere]),
        labels=np.concatenate(
            [np.tile(real.labels, copies), near_labels, np.full(len(beside), BACKGROUND)]
        ),
        exact=np.concatenate(
            [np.ones(len(moved), bool), overlap[near] >= 0.7, np.ones(len(beside), bool)]
        ),
    )
    return examples, proposals


def _moved(boxes: Boxes, image: Image, random: Generator) -> Boxes:
    """Return the boxes with each edge moved by up to a tenth of the side: IoU of 0.7 and more."""
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved = boxes + random.uniform(-0.08, 0.08, boxes.shape) * sides
    return clip(moved, image.shape[1], image.shape[0])


def _fit_regression(pool: Examples, classes: int) -> BoxRegression:
    objects = pool.only(pool.labels != BACKGROUND)
    return fit_regression(objects.features, objects.boxes, objects.targets, objects.labels, classes)


def _fit_svm(pool: Examples, classes: int, settings: ClassicalSettings, seed: int) -> LinearSvm:
    """Return the SVMs of the pool, of which at most so many a class are used, drawn at random."""
    random = np.random.default_rng(seed)
    rows = []
    for label in range(BACKGROUND, classes):
        mine = np.flatnonzero((pool.labels == label) & pool.exact)
        most = MOST_BACKGROUND if label == BACKGROUND else MOST_A_CLASS
        # The newest background was mined last and is the hardest: none of it is left out first.
        if label == BACKGROUND:
            rows.append(mine[-most:])
        else:
            rows.append(np.sort(random.permutation(mine)[:most]))
    chosen = np.concatenate(rows)
    return fit(pool.features[chosen], pool.labels[chosen], classes, settings.c, seed)


def _mine(
    images: Sequence[LabelledImage],
    proposed: Sequence[Boxes],
    svm: LinearSvm,
    settings: ClassicalSettings,
    jobs: int,
    track: Track,
    name: str,
) -> list[Examples]:
    """Return the background that the SVMs are surest of (Felzenszwalb et al. 2010, §4.4)."""

    def one(number: int) -> Examples:
        image = load_image(images[number].path)
        boxes = proposed[number]
        overlap, _ = _overlaps(boxes, images[number].annotations)
        beside = boxes[overlap < MINED_IOU]
        features = describe_boxes(image, beside, settings)
        margin = svm.margins(features).max(axis=1, initial=-np.inf)
        hard = np.argsort(-margin, kind="stable")[:HARD_AN_IMAGE]
        hard = hard[margin[hard] > -1.0]
        return Examples(
            features[hard],
            beside[hard],
            np.zeros((len(hard), 4)),
            np.full(len(hard), BACKGROUND),
            np.ones(len(hard), bool),
        )

    done = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
        delayed(one)(number) for number in range(len(images))
    )
    return list(track(done, name, len(images)))


def _held_out(
    image: Image,
    truth: Annotations,
    random: Generator,
    detector: ClassicalDetector,
    svm: LinearSvm,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the margins of a validation image's proposals and what they show."""
    del random  # nothing is drawn
    boxes = propose(image, detector.shapes, detector.objectness, detector.settings).boxes
    overlap, nearest = _overlaps(boxes, truth)
    labels = np.full(len(boxes), BACKGROUND)
    near = overlap >= NEAR_IOU
    if len(truth):
        labels[near] = truth.labels[nearest[near]]
    keep = np.ones(len(boxes), bool)
    if len(truth):
        keep = ~(truth.ignore[nearest] & near)
    return svm.margins(describe_boxes(image, boxes[keep], detector.settings)), labels[keep]
