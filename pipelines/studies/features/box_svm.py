"""One SVM on boxes that are given: the same for every way of describing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import Boxes, nearest_objects
from datasets.progress import Track, silently
from models.classical.hog import Features
from models.classical.linear_svm import BACKGROUND, LinearSvm, fit
from pipelines.detections import Describe, Detections, Image
from pipelines.evaluation.quality import score
from pipelines.postprocessing.nms import suppress

POSITIVE_IOU = 0.6  # from here on a box is an example of its object's class
BESIDE_IOU = 0.3  # below, it is one of background
NEAR, BESIDE = 40, 40  # most boxes of an image, on an object and beside all, that are learnt from
LENGTH = 50.0  # mean square of descriptions, as long as HOG's, so that one C suits all kinds
C_FACTORS = (0.1, 1.0, 10.0)  # of the SVM's C, chosen on the validation split
MOST_PAIRS = 400  # of box and class that go on to NMS
LIMIT = 100  # most detections of an image


@dataclass(frozen=True, eq=False)
class BoxedImage:
    """One image with ``(N, 4)`` boxes to be classified, and its ground truth."""

    image: Image
    boxes: Boxes
    truth: Annotations


def scaling(features: Features) -> Callable[[Features], Features]:
    """Return what gives such features mean 0 and mean square `LENGTH`, so that kinds are alike."""
    mean = features.mean(axis=0)
    square = float(((features - mean) ** 2).sum(axis=1).mean())
    factor = np.float32(np.sqrt(LENGTH / max(square, 1e-12)))
    return lambda others: np.asarray((others - mean) * factor, np.float32)


def examples(
    images: Sequence[BoxedImage], describe: Describe, seed: int
) -> tuple[Features, NDArray[np.int64]]:
    """Return descriptions and labels of objects, of boxes on them and of boxes beside all."""
    features, labels = [], []
    for number, each in enumerate(images):
        random, truth = np.random.default_rng((seed, number)), each.truth
        overlap, nearest = nearest_objects(each.boxes, truth.boxes)
        ignored = truth.ignore[nearest] if len(truth) else np.zeros(len(each.boxes), bool)
        near = random.permutation(np.flatnonzero((overlap >= POSITIVE_IOU) & ~ignored))[:NEAR]
        background = (overlap < BESIDE_IOU) & ~truth.holds_ignored(each.boxes)
        beside = random.permutation(np.flatnonzero(background))[:BESIDE]
        boxes = [truth.boxes[~truth.ignore], each.boxes[near], each.boxes[beside]]
        features.append(describe(each.image, np.concatenate(boxes)))
        none = np.full(len(beside), BACKGROUND)
        labels += [truth.labels[~truth.ignore], truth.labels[nearest[near]], none]
    return np.concatenate(features), np.concatenate(labels)


def detections(svm: LinearSvm, features: Features, boxes: Boxes, nms_iou: float) -> Detections:
    """Return what the SVMs find among an image's described boxes, after NMS."""
    margins = svm.margins(features).astype(np.float64)
    best = np.argsort(-margins, axis=None, kind="stable")[:MOST_PAIRS]
    rows, labels = np.unravel_index(best, margins.shape)
    scores = 1 / (1 + np.exp(-margins[rows, labels]))
    return suppress(
        boxes[rows],
        scores,
        labels.astype(np.int64),
        iou_threshold=nms_iou,
        score_threshold=0.0,
        limit=LIMIT,
    )


def learnt_and_tested(
    splits: Mapping[str, Sequence[BoxedImage]],
    describe: Describe,
    classes: Sequence[str],
    c: float,
    nms_iou: float,
    seed: int,
    track: Track = silently,
) -> tuple[list[Detections], int]:
    """Return what SVMs on such descriptions find in the test images, and how long these are.

    Of ``c`` times `C_FACTORS` the best on the validation split is taken; ``seed`` chooses examples.
    """
    features, labels = examples(splits["train"], describe, seed)
    scaled = scaling(features)
    features = scaled(features)

    def described(each: BoxedImage) -> Features:
        return scaled(describe(each.image, each.boxes))

    svms = [fit(features, labels, len(classes), factor * c) for factor in C_FACTORS]
    val = [(described(each), each.boxes) for each in splits["val"]]
    truth = [each.truth for each in splits["val"]]
    figures = [
        score(truth, [detections(svm, *each, nms_iou) for each in val], classes).map_50
        for svm in svms
    ]
    best = svms[int(np.argmax(figures))]
    watched = track(splits["test"], "describing test images", len(splits["test"]))
    found = [detections(best, described(each), each.boxes, nms_iou) for each in watched]
    return found, features.shape[1]
