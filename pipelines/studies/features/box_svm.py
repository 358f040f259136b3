"""One SVM on boxes that are given: the same for every way of describing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import Boxes
from datasets.progress import Track, silently
from models.classical.hog import Features
from models.classical.linear_svm import BACKGROUND, LinearSvm, fit
from pipelines.classical.examples import BESIDE_IOU, without_ignored
from pipelines.classical.mining import POSITIVE_IOU
from pipelines.classical.proposals.learn import overlaps
from pipelines.detections import Detections, Image
from pipelines.evaluation.quality import score
from pipelines.nms import suppress
from pipelines.studies.features.descriptors import Describe

NEAR, BESIDE = 40, 40  # boxes of an image that are on an object and beside all, to learn from
LENGTH = 50.0  # mean square of descriptions: as long as HOG's, so that one C means the same to all
C_FACTORS = (0.1, 1.0, 10.0)  # of the SVM's C, chosen on the validation split
MOST_PAIRS = 400  # of box and class that go on to NMS
LIMIT = 100  # most detections of an image


@dataclass(frozen=True, eq=False)
class Boxed:
    """One image with boxes to be judged.

    Attributes:
        image: ``(H, W, 3)`` uint8 RGB.
        boxes: ``(N, 4)`` in its pixels.
        truth: of the image.
    """

    image: Image
    boxes: Boxes
    truth: Annotations


@dataclass(frozen=True, eq=False)
class Scale:
    """What makes descriptions of different kinds alike: their mean and one factor."""

    mean: NDArray[np.float32]
    factor: np.float32

    @classmethod
    def of(cls, features: Features) -> Scale:
        """Return the scale that gives these features mean 0 and mean square `LENGTH`."""
        mean = features.mean(axis=0)
        square = float(((features - mean) ** 2).sum(axis=1).mean())
        return cls(mean, np.float32(np.sqrt(LENGTH / max(square, 1e-12))))

    def apply(self, features: Features) -> Features:
        """Return other features in it."""
        return np.asarray((features - self.mean) * self.factor, np.float32)


def examples(
    boxed: Sequence[Boxed], describe: Describe, seed: int
) -> tuple[Features, NDArray[np.int64]]:
    """Return descriptions and labels of objects, of boxes on them and of boxes beside all."""
    features, labels = [], []
    for number, each in enumerate(boxed):
        random = np.random.default_rng((seed, number))
        overlap, nearest = overlaps(each.boxes, each.truth)
        real = without_ignored(each.truth)
        ignored = np.zeros(len(each.boxes), bool)
        if len(each.truth):
            ignored = each.truth.ignore[nearest]
        near = random.permutation(np.flatnonzero((overlap >= POSITIVE_IOU) & ~ignored))[:NEAR]
        beside = random.permutation(np.flatnonzero(overlap < BESIDE_IOU))[:BESIDE]
        boxes = np.concatenate([real.boxes, each.boxes[near], each.boxes[beside]])
        features.append(describe(each.image, boxes))
        shown = each.truth.labels[nearest[near]] if len(near) else np.zeros(0, np.int64)
        labels += [real.labels, shown, np.full(len(beside), BACKGROUND)]
    return np.concatenate(features), np.concatenate(labels)


def detections(svm: LinearSvm, features: Features, boxes: Boxes, nms_iou: float) -> Detections:
    """Return what the SVMs say of an image's boxes, after NMS."""
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
    splits: dict[str, Sequence[Boxed]],
    describe: Describe,
    classes: Sequence[str],
    c: float,
    nms_iou: float,
    seed: int,
    track: Track = silently,
) -> tuple[list[Detections], int]:
    """Return what SVMs on such descriptions find in the test images, and how long these are.

    Args:
        splits: ``train``, ``val`` and ``test``; C is chosen on the second.
        describe: tells boxes by numbers.
        classes: names in label order.
        c: of the classical pipeline's SVM.
        nms_iou: of its NMS.
        seed: of the choice of examples.
        track: watches the test images.
    """
    features, labels = examples(splits["train"], describe, seed)
    scale = Scale.of(features)
    features = scale.apply(features)
    val = [scale.apply(describe(each.image, each.boxes)) for each in splits["val"]]
    truth = [each.truth for each in splits["val"]]
    best, reached = None, -1.0
    for factor in C_FACTORS:
        svm = fit(features, labels, len(classes), factor * c)
        found = [
            detections(svm, told, each.boxes, nms_iou)
            for told, each in zip(val, splits["val"], strict=True)
        ]
        figure = score(truth, found, classes).map_50
        if best is None or figure > reached:
            best, reached = svm, figure
    if best is None:
        raise ValueError("there is no C to choose from")
    tested = [
        detections(best, scale.apply(describe(each.image, each.boxes)), each.boxes, nms_iou)
        for each in track(splits["test"], "describing test images", len(splits["test"]))
    ]
    return tested, features.shape[1]
