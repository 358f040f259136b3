"""Training of the classical pipeline, step by step: each image opened when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from models.kernel_map import fit_map
from models.linear_svm import BACKGROUND, LinearSvm, calibrate, fit
from pipelines.classical import ClassicalDetector, Described, describe_boxes, limit_for
from pipelines.classical_examples import NEAR_IOU, Examples, gather, known
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image
from pipelines.each_image import each_image
from pipelines.evaluation.quality import score
from pipelines.proposals.learn import learn_proposer, overlaps
from pipelines.proposals.propose import propose, search

POSITIVE_IOU = 0.6  # from here on a proposal is an example of its object's class
POOL_MB = 300  # of examples kept: bounds memory, whatever the number of images
MOST_POSITIVE, MOST_BACKGROUND = 12_000, 9_000  # examples that one fit sees: bounds its time
FIRST_BACKGROUND, MINED = 5_000, 3_000  # drawn by chance, and the hardest of each round
FEWEST_MINED = 0.02  # of the background seen: mining that finds fewer has nothing more to find
CHUNK = 4096  # examples scored at a time
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
) -> ClassicalDetector:
    """Return a detector trained on ``train``, with choices and calibration made on ``val``.

    Every draw depends on the seed and the image's number alone, never on ``jobs``. ``told`` hears
    each validation figure, mAP@[.50:.95] at first look, as soon as it is known.

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
    detector = held.best(_noting(_mined(pool, detector, seed), learnt_from))
    detector = held.best(_other_strengths(pool, detector, learnt_from[detector]), detector)
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

    def quality(self, detector: ClassicalDetector) -> float:
        """Return the detector's mAP@[.50:.95] at first look, nan without an object.

        A second look would need the channels of all images, thirty times the memory.
        """
        glance = replace(detector, settings=replace(detector.settings, looks=1))
        found = [glance.answer(described) for described in self.described]
        figure = score(self.truth, found, detector.classes).map_50_95
        self.told(figure)
        return figure

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


def _noting(
    rounds: Iterable[tuple[ClassicalDetector, NDArray[np.int64]]],
    learnt_from: dict[ClassicalDetector, NDArray[np.int64]],
) -> Iterator[ClassicalDetector]:
    """Yield the detectors and note what each has learnt from."""
    for detector, rows in rounds:
        learnt_from[detector] = rows
        yield detector


def _mined(
    pool: Examples, detector: ClassicalDetector, seed: int
) -> Iterator[tuple[ClassicalDetector, NDArray[np.int64]]]:
    """Yield the detector after each round of hard negatives, and the examples it learnt from.

    The first has only seen background drawn by chance (Felzenszwalb et al. 2010, §4.4).
    """
    random = np.random.default_rng(seed)
    classes, settings = len(detector.classes), detector.settings
    positive = []
    for label in range(classes):
        mine = np.flatnonzero((pool.labels == label) & (pool.overlaps >= POSITIVE_IOU))
        positive.append(random.permutation(mine)[: max(MOST_POSITIVE // classes, 200)])
    background = np.flatnonzero(pool.labels == BACKGROUND)
    seen = random.permutation(background)[:FIRST_BACKGROUND]
    svm, kernel_map = None, None
    for mining in range(settings.mining_rounds + 1):
        rows = np.concatenate([*positive, seen])
        features = pool.features[rows].astype(np.float32)
        if settings.kernel == "rbf" and kernel_map is None:
            kernel_map = fit_map(features, settings.landmarks, seed)
        svm = fit(features, pool.labels[rows], classes, settings.c, svm, kernel_map)
        del features
        yield replace(detector, svm=svm), rows
        if mining == settings.mining_rounds:
            break
        hardness = _hardness(svm, pool.features, background)
        hardness[np.isin(background, seen)] = -np.inf
        hard = np.argsort(-hardness, kind="stable")[:MINED]
        hard = background[hard[hardness[hard] > -1.0]]
        if len(hard) < FEWEST_MINED * len(seen):
            break
        seen = np.concatenate([seen, hard])[-MOST_BACKGROUND:]


def _other_strengths(
    pool: Examples, detector: ClassicalDetector, rows: NDArray[np.int64]
) -> Iterator[ClassicalDetector]:
    """Yield the detector with SVMs of other C, learnt from the same examples."""
    settings = detector.settings
    features, labels = pool.features[rows].astype(np.float32), pool.labels[rows]
    for factor in settings.c_factors:
        yield replace(
            detector,
            settings=replace(settings, c=factor * settings.c),
            svm=fit(
                features,
                labels,
                len(detector.classes),
                factor * settings.c,
                detector.svm,
                detector.svm.map,
            ),
        )


def _hardness(
    svm: LinearSvm, features: NDArray[np.float16], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the highest margin that any class gives each of the rows."""
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(rows), CHUNK):
        some = features[rows[start : start + CHUNK]].astype(np.float32)
        found.append(svm.margins(some).max(axis=1))
    return np.concatenate(found)
