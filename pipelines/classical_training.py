"""Training of the classical pipeline, step by step: each image opened when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.images import load_image
from datasets.progress import Track
from models.box_regression import BoxRegression, fit_regression
from models.errors import TrainingError
from models.hog import fit_templates, length
from models.linear_svm import BACKGROUND, LinearSvm, calibrate, fit
from pipelines.classical import ClassicalDetector, Described, describe_boxes, limit_for
from pipelines.classical_examples import NEAR_IOU, Examples, gather, known
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image
from pipelines.evaluation.quality import score
from pipelines.proposals.learn import learn_proposer, overlaps
from pipelines.proposals.propose import propose, search
from pipelines.runtime import one_thread_a_call

POSITIVE_IOU = 0.6  # from here on a proposal is an example of its object's class
POOL_MB = 300  # of examples kept: bounds memory, whatever the number of images
MOST_POSITIVE, MOST_BACKGROUND = 12_000, 9_000  # examples that one fit sees: bounds its time
FIRST_BACKGROUND, MINED = 5_000, 3_000  # drawn by chance, and the hardest of each round
FEWEST_MINED = 0.02  # of the background seen: mining that finds fewer has nothing more to find
CHUNK = 4096  # examples scored at a time
VALIDATED = 60  # images of the validation split that choices are made on
BETTER = 0.002  # mAP@[.50:.95] that a choice must gain to replace the default

T = TypeVar("T")


@dataclass(frozen=True)
class MiningRound:
    """One round of hard-negative mining.

    Attributes:
        round: 0 for the SVMs that have seen background drawn by chance alone.
        objects: examples of objects learnt from.
        background: examples of background learnt from.
        mined: of these, how many this round brought.
        validation: mAP@[.50:.95] at first look on the validation split, nan without an object.
        kept: whether these SVMs were chosen.
    """

    round: int
    objects: int
    background: int
    mined: int
    validation: float
    kept: bool


def train_classical(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: ClassicalSettings,
    seed: int,
    track: Track,
    jobs: int,
    note: Callable[[MiningRound], object] = lambda mining: None,
) -> ClassicalDetector:
    """Return a detector trained on ``train``, with choices and calibration made on ``val``.

    Every draw depends on the seed and the image's number alone, never on ``jobs``. ``note`` is
    called with each round of mining once it is known which is kept.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    real = [known(image.annotations) for image in train]
    if not any(len(truth) for truth in real):
        raise TrainingError("the train split has no box to learn from; label some objects")

    def each(
        images: Sequence[LabelledImage],
        work: Callable[[Image, Annotations, Generator], T],
        name: str,
    ) -> list[T]:
        def one(number: int) -> T:
            random = np.random.default_rng((seed, number))
            return work(load_image(images[number].path), images[number].annotations, random)

        done = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
            delayed(one)(number) for number in range(len(images))
        )
        with one_thread_a_call():
            return list(track(done, name, len(images)))

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
    )
    rounds = _mined(pool, detector, seed)
    detector = held.best([mined for mined, _ in rounds])
    rows = next(rows for mined, rows in rounds if mined is detector)
    for mining in _told(rounds, held.reached, detector, pool):
        note(mining)
    detector = held.best([detector, *_other_strengths(pool, detector, rows)])
    if settings.regression:
        still = replace(detector, settings=replace(detector.settings, regression=False))
        detector = held.best([detector, still])
    return replace(detector, svm=held.calibrated(detector.svm))


class Held:
    """Validation images, proposed and described once, on which choices are made."""

    def __init__(self, described: Sequence[Described], truth: Sequence[Annotations]) -> None:
        self.described, self.truth = described, truth
        self.reached: list[float] = []  # every quality asked for, in turn

    def quality(self, detector: ClassicalDetector) -> float:
        """Return the detector's mAP@[.50:.95] at first look, nan without an object.

        A second look would need the channels of all images, thirty times the memory.
        """
        glance = replace(detector, settings=replace(detector.settings, looks=1))
        found = [glance.answer(described) for described in self.described]
        self.reached.append(score(self.truth, found, detector.classes).map_50_95)
        return self.reached[-1]

    def best(self, detectors: Sequence[ClassicalDetector]) -> ClassicalDetector:
        """Return the first of the detectors that no other is clearly better than."""
        best, reached = detectors[0], self.quality(detectors[0])
        for detector in detectors[1:]:
            quality = self.quality(detector)
            if quality > reached + BETTER:
                best, reached = detector, quality
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


def _mined(
    pool: Examples, detector: ClassicalDetector, seed: int
) -> list[tuple[ClassicalDetector, NDArray[np.int64]]]:
    """Return the detector after each round of hard negatives, and the examples it learnt from.

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
    svm, rounds = None, []
    for mining in range(settings.mining_rounds + 1):
        rows = np.concatenate([*positive, seen])
        features = pool.features[rows].astype(np.float32)
        svm = fit(features, pool.labels[rows], classes, settings.c, svm)
        del features
        rounds.append((replace(detector, svm=svm), rows))
        if mining == settings.mining_rounds:
            break
        hardness = _hardness(svm, pool.features, background)
        hardness[np.isin(background, seen)] = -np.inf
        hard = np.argsort(-hardness, kind="stable")[:MINED]
        hard = background[hard[hardness[hard] > -1.0]]
        if len(hard) < FEWEST_MINED * len(seen):
            break
        seen = np.concatenate([seen, hard])[-MOST_BACKGROUND:]
    return rounds


def _told(
    rounds: Sequence[tuple[ClassicalDetector, NDArray[np.int64]]],
    reached: Sequence[float],
    kept: ClassicalDetector,
    pool: Examples,
) -> Iterator[MiningRound]:
    """Yield what there is to tell of each round, whose qualities were the first asked for."""
    before = np.zeros(0, np.int64)
    for number, ((detector, rows), quality) in enumerate(zip(rounds, reached, strict=False)):
        is_background = pool.labels[rows] == BACKGROUND
        yield MiningRound(
            round=number,
            objects=int((~is_background).sum()),
            background=int(is_background.sum()),
            mined=len(np.setdiff1d(rows, before)) if number else 0,
            validation=quality,
            kept=detector is kept,
        )
        before = rows


def _other_strengths(
    pool: Examples, detector: ClassicalDetector, rows: NDArray[np.int64]
) -> list[ClassicalDetector]:
    """Return the detector with SVMs of other C, learnt from the same examples."""
    settings = detector.settings
    features, labels = pool.features[rows].astype(np.float32), pool.labels[rows]
    return [
        replace(
            detector,
            settings=replace(settings, c=factor * settings.c),
            svm=fit(features, labels, len(detector.classes), factor * settings.c, detector.svm),
        )
        for factor in settings.c_factors
    ]


def _hardness(
    svm: LinearSvm, features: NDArray[np.float16], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the highest margin that any class gives each of the rows."""
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(rows), CHUNK):
        some = features[rows[start : start + CHUNK]].astype(np.float32)
        found.append(svm.margins(some).max(axis=1))
    return np.concatenate(found)
