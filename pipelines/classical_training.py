"""Training of the classical pipeline, step by step: each image opened when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import Track
from models.box_regression import BoxRegression, fit_regression
from models.errors import TrainingError
from models.hog import fit_templates, length
from models.linear_svm import BACKGROUND, LinearSvm, calibrate
from pipelines.classical import ClassicalDetector, Described, describe_boxes
from pipelines.classical_examples import NEAR_IOU, Examples, gather, known
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image, limit_for
from pipelines.each_image import each_image
from pipelines.evaluation.quality import score
from pipelines.mining import MiningRound, mined, noting, other_strengths, told_of_rounds
from pipelines.proposals.learn import learn_proposer, overlaps
from pipelines.proposals.propose import propose, search

POOL_MB = 300  # of examples kept: bounds memory, whatever the number of images
VALIDATED = 60  # images of the validation split that choices are made on
BETTER = 0.002  # mAP@[.50:.95] that a choice must gain to replace the default


def train_classical(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: ClassicalSettings,
    seed: int,
    track: Track,
    jobs: int,
    told: Callable[[float], None] = lambda figure: None,
    note: Callable[[MiningRound], object] = lambda mining: None,
) -> ClassicalDetector:
    """Return a detector trained on ``train``, with choices and calibration made on ``val``.

    Every draw depends on the seed and the image's number alone, never on ``jobs``. ``told`` hears
    each validation figure, mAP@[.50:.95] at first look, as soon as it is known, and ``note`` each
    round of mining once it is known which is kept.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    real = [known(image.annotations) for image in train]
    if not any(len(truth) for truth in real):
        raise TrainingError("the train split has no box to learn from; label some objects")

    each = partial(each_image, seed=seed, jobs=jobs, track=track)
    templates = fit_templates(np.concatenate([truth.boxes for truth in real]), seed)
    numbers = length(templates, colour=settings.descriptor == "hog+colour")
    proposer = learn_proposer(train, settings, seed, each)
    most = POOL_MB * 2**20 // (2 * numbers) // len(train)
    work = partial(
        gather,
        proposer=proposer,
        templates=templates,
        settings=settings,
        most=most,
    )
    pool = Examples.joined(each(train, work, "describing examples"))
    detector = ClassicalDetector(
        tuple(classes),
        settings,
        proposer,
        templates,
        svm=_no_svm(numbers, len(classes)),
        regression=_fit_regression(pool, len(classes)),
        limit=limit_for(max(map(len, real))),
        jobs=jobs,
    )
    watched = val[:: -(-len(val) // VALIDATED)]
    held = Held(
        each(watched, partial(_held_out, detector=detector), "describing validation"),
        [image.annotations for image in watched],
        told,
    )
    learnt_from: dict[ClassicalDetector, NDArray[np.int64]] = {}
    detector = held.best(noting(mined(pool, detector, seed), learnt_from))
    for mining in told_of_rounds(learnt_from, held.reached, detector, pool):
        note(mining)
    detector = held.best(other_strengths(pool, detector, learnt_from[detector]), detector)
    if settings.regression:
        still = replace(detector, settings=replace(detector.settings, regression=False))
        detector = held.best([still], detector)
    return replace(detector, svm=held.calibrated(detector.svm))


class Held:
    """Validation images, proposed and described once, on which choices are made."""

    def __init__(
        self,
        described: Sequence[Described],
        truth: Sequence[Annotations],
        told: Callable[[float], None],
    ) -> None:
        self.described, self.truth, self.told = described, truth, told
        self.reached: dict[ClassicalDetector, float] = {}

    def quality(self, detector: ClassicalDetector) -> float:
        """Return the detector's mAP@[.50:.95] at first look, nan without an object.

        A second look would need the channels of all images, thirty times the memory.
        """
        if detector in self.reached:
            return self.reached[detector]
        glance = replace(detector, settings=replace(detector.settings, looks=1))
        found = [glance.answer(described) for described in self.described]
        self.reached[detector] = score(self.truth, found, detector.classes).map_50_95
        self.told(self.reached[detector])
        return self.reached[detector]

    def best(
        self, detectors: Iterable[ClassicalDetector], best: ClassicalDetector | None = None
    ) -> ClassicalDetector:
        """Return the first of the detectors that no other is clearly better than.

        Each is judged as it comes, ``best`` before all.
        """
        reached = -np.inf if best is None else self.quality(best)
        for detector in detectors:
            quality = self.quality(detector)
            if best is None or quality > reached + BETTER:
                best, reached = detector, quality
        if best is None:
            raise ValueError("there is no detector to choose from")
        return best

    def calibrated(self, svm: LinearSvm) -> LinearSvm:
        """Return the SVMs with sigmoids fitted to these proposals."""
        margins, labels = [], []
        for described, truth in zip(self.described, self.truth, strict=True):
            overlap, nearest = overlaps(described.proposals.boxes * described.back, truth)
            near = overlap >= NEAR_IOU
            shown = np.full(len(near), BACKGROUND)
            keep = np.ones(len(near), bool)
            if len(truth):
                shown[near] = truth.labels[nearest[near]]
                keep = ~(truth.ignore[nearest] & near)
            margins.append(svm.margins(described.features.astype(np.float32))[keep])
            labels.append(shown[keep])
        return calibrate(svm, np.concatenate(margins), np.concatenate(labels))


def _no_svm(numbers: int, classes: int) -> LinearSvm:
    nothing = np.zeros(classes, np.float32)
    return LinearSvm(np.zeros((numbers, classes), np.float32), nothing, nothing, nothing)


def _held_out(
    image: Image, truth: Annotations, random: Generator, detector: ClassicalDetector
) -> Described:
    """Return a validation image's proposals, described in half the memory."""
    del truth, random  # nothing is drawn, and answers come later
    searched = search(image)
    proposals = propose(searched, detector.proposer, detector.settings)
    features = describe_boxes(
        searched.levels, proposals.boxes, detector.templates, detector.settings
    )
    return Described(proposals, features.astype(np.float16), searched.size, searched.back, ())


def _fit_regression(pool: Examples, classes: int) -> BoxRegression:
    objects = np.flatnonzero(pool.labels != BACKGROUND)
    return fit_regression(
        pool.features[objects].astype(np.float32),
        pool.boxes[objects],
        pool.targets[objects],
        pool.labels[objects],
        classes,
    )
