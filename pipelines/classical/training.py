"""Training of the classical pipeline, step by step: each image opened when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import nearest_objects
from datasets.progress import Track
from datasets.splits import with_an_object, with_each_class
from models.classical.box_regression import fit_regression
from models.classical.hog import fit_templates, length
from models.classical.linear_svm import BACKGROUND, LinearSvm, calibrate
from models.classical.settings import ClassicalSettings
from models.errors import TrainingError
from pipelines.classical.detector import ClassicalDetector, DescribedBoxes
from pipelines.classical.each_image import each_image
from pipelines.classical.examples import NEAR_IOU, Examples, gather, without_ignored
from pipelines.classical.mining import mining_rounds, other_strengths, round_results
from pipelines.classical.proposals.learn import learn_proposer
from pipelines.detections import Image, limit_for
from pipelines.evaluation.quality import score
from pipelines.training import MiningRound

POOL_MB = 300  # of examples kept; each image has a few whatever its share, up to about 2 GB
DESCRIBED = 5000  # images that examples are of: a fit sees 21,000 examples of them at most
VALIDATED = 60  # images of the validation split that choices are made on
BETTER = 0.002  # mAP@[.50:.95] that a choice must gain to replace the default


def train_classical(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: ClassicalSettings,
    seed: int,
    track: Track,
    threads: int,
    on_validation: Callable[[float], object] = lambda map_50_95: None,
    on_round: Callable[[MiningRound], object] = lambda mining_round: None,
) -> ClassicalDetector:
    """Return a detector trained on ``train``, with choices and calibration made on ``val``.

    Without an object in ``val`` the last round of mining is taken, and what else is chosen stays as
    the settings have it.

    Random numbers depend on the seed and the image's number alone, never on ``threads``.
    ``on_validation`` is called with each validation figure, mAP@[.50:.95] of boxes refined once, as
    soon as it is known, and ``on_round`` with each round of mining once one of them is chosen.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    real = [without_ignored(image.annotations) for image in train]
    if not any(len(truth) for truth in real):
        raise TrainingError("the train split has no box to learn from; label some objects")

    templates = fit_templates(np.concatenate([truth.boxes for truth in real]), seed)
    numbers = length(templates, colour=settings.descriptor == "hog+colour")
    some = with_each_class(train, DESCRIBED)
    proposer = learn_proposer(train, settings, seed, threads, track)
    work = partial(
        gather,
        proposer=proposer,
        templates=templates,
        settings=settings,
        max_examples=POOL_MB * 2**20 // (2 * numbers) // len(some),
    )
    each = partial(each_image, seed=seed, threads=threads, track=track)
    pool = Examples.joined(each(some, work, "describing examples"))
    detector = ClassicalDetector(
        tuple(classes),
        settings,
        proposer,
        templates,
        svm=_no_svm(numbers, len(classes)),
        regression=fit_regression(
            pool.features, pool.boxes, pool.targets, pool.labels, len(classes)
        ),
        limit=limit_for(max(map(len, real))),
        threads=threads,
    )
    shown = with_an_object(val[:: -(-len(val) // VALIDATED)], val)
    description = partial(_described, replace(detector, threads=1))
    described = each(shown, description, "describing validation")
    validation = ValidationSet(described, [image.annotations for image in shown], on_validation)
    learnt_from: dict[ClassicalDetector, NDArray[np.int64]] = {}
    for fitted, rows in mining_rounds(pool, detector, seed):
        learnt_from[fitted] = rows
        validation.map_50_95(fitted)
    detector = validation.best(learnt_from) if validation.can_choose else list(learnt_from)[-1]
    for result in round_results(learnt_from, validation.reached, detector, pool):
        on_round(result)
    if validation.can_choose:
        others = other_strengths(pool, detector, learnt_from[detector])
        detector = validation.best(chain([detector], others))
        if settings.regression:
            unmoved = replace(detector, settings=replace(detector.settings, regression=False))
            detector = validation.best([detector, unmoved])
    return replace(detector, svm=validation.calibrated(detector.svm))


@dataclass(frozen=True, eq=False)
class ValidationSet:
    """Validation images, proposed and described once, on which choices are made.

    Attributes:
        described: their proposals.
        truth: their annotations.
        on_validation: called with each new figure.
        reached: mAP@[.50:.95] of each detector that was validated.
    """

    described: Sequence[DescribedBoxes]
    truth: Sequence[Annotations]
    on_validation: Callable[[float], object]
    reached: dict[ClassicalDetector, float] = field(default_factory=dict)

    @property
    def can_choose(self) -> bool:
        """Whether there is an object to be found, without which all figures are nan."""
        return not all(truth.ignore.all() for truth in self.truth)

    def map_50_95(self, detector: ClassicalDetector) -> float:
        """Return the detector's mAP@[.50:.95] of boxes refined once, nan without an object.

        A second refinement would need the channels of all images, thirty times the memory.
        """
        if detector not in self.reached:
            once = replace(detector, settings=replace(detector.settings, refinement_steps=1))
            detections = [once.detect_in(described) for described in self.described]
            figure = score(self.truth, detections, detector.classes).map_50_95
            self.reached[detector] = figure
            self.on_validation(figure)
        return self.reached[detector]

    def best(self, detectors: Iterable[ClassicalDetector]) -> ClassicalDetector:
        """Return the first of the detectors, or the last clearly better than all before it."""
        remaining = iter(detectors)
        best = next(remaining)
        for detector in remaining:
            if self.map_50_95(detector) > self.map_50_95(best) + BETTER:
                best = detector
        return best

    def calibrated(self, svm: LinearSvm) -> LinearSvm:
        """Return the SVMs with sigmoids fitted to these proposals."""
        margins, labels = [], []
        for described, truth in zip(self.described, self.truth, strict=True):
            boxes = described.proposals.boxes * described.back
            overlap, nearest = nearest_objects(boxes, truth.boxes)
            near = overlap >= NEAR_IOU
            shown = np.full(len(near), BACKGROUND)
            keep = near | ~truth.holds_ignored(boxes)
            shown[near] = truth.labels[nearest[near]]
            keep[near] = ~truth.ignore[nearest[near]]
            margins.append(svm.margins(described.features.astype(np.float32))[keep])
            labels.append(shown[keep])
        return calibrate(svm, np.concatenate(margins), np.concatenate(labels))


def _no_svm(numbers: int, classes: int) -> LinearSvm:
    nothing = np.zeros(classes, np.float32)
    return LinearSvm(np.zeros((numbers, classes), np.float32), nothing, nothing, nothing)


def _described(
    detector: ClassicalDetector, image: Image, truth: Annotations, random: Generator
) -> DescribedBoxes:
    """Return an image's proposals, described in half the memory and without the channels."""
    del truth, random
    described = detector.described(image)
    return replace(described, features=described.features.astype(np.float16), levels=())
