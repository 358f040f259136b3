"""Contenders trained on subsets of a run's training split, and tested alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.progress import silently
from datasets.splits import evenly
from models.errors import TrainingError
from pipelines.contenders import Contender, contender
from pipelines.detections import Detections, Detector, detect_all
from pipelines.runs.finished import Subject
from pipelines.studies.common.figures import mean_precision
from pipelines.studies.data.curve_fit import LEARNT
from pipelines.studies.data.plan import PlannedTraining, SubsetResult, subset
from pipelines.system import runtime
from pipelines.training import SubsetTrainer, SubsetTraining, TrainingJob

MOST_TESTED, MOST_VALIDATED = 200, 60  # images of those splits that are used
# Shares of a training between which it is judged: later mosaics end (`close_mosaic`) and the rate
# falls to nothing, and whatever was learnt gains.
FROM, TO = 0.6, 0.8
# Of its best figure, what a training that has levelled off may gain meanwhile, and the figure that
# this may be, for so few images show no smaller differences.
LEVEL, UNSEEN = 0.05, 0.01
AT_ONCE = 16  # test images held decoded at a time


class SubsetTrainings:
    """Trains and tests in this process; what a contender's trainings can share is made once."""

    def __init__(self, subject: Subject, threads: int) -> None:
        """Only note the run; each contender's libraries are loaded with its first training."""
        self._subject, self._threads = subject, threads
        self._test = evenly(subject.dataset.splits["test"], MOST_TESTED)
        val = tuple(evenly(subject.dataset.splits["val"], MOST_VALIDATED))
        splits = {**subject.dataset.splits, "val": val}
        self._dataset = replace(subject.dataset, splits=splits)
        self._trainers: dict[str, SubsetTrainer] = {}

    def result(self, planned: PlannedTraining) -> SubsetResult:
        """Train on the subset and return the figures on the test split."""
        row, settings = contender(planned.pipeline), self._subject.settings
        images = subset(self._dataset.splits["train"], planned.images, planned.seed)
        if row.subset_trainer is not None and row.name not in self._trainers:
            folder = self._subject.model_folder(row.name)
            job = TrainingJob(self._dataset, settings, folder, self._threads, silently)
            self._trainers[row.name] = row.subset_trainer(job)
        undertrained, late_gain = False, nan
        try:
            with TemporaryDirectory() as temporary:
                if row.name in self._trainers:
                    trained = self._trainers[row.name](images, planned.seed, planned.updates)
                else:
                    trained = self._trained(row, images, planned.seed, Path(temporary))
                detections = self._detections(trained.detector)
        except TrainingError:
            # Nothing is labelled in so few images: nothing will be found. Or the loss of a network
            # was not finite, which shows nothing of the images.
            detections, undertrained = [Detections() for _ in self._test], planned.updates > 0
        else:
            if trained.validations:
                undertrained, late_gain = still_gaining(trained.validations)
        truth = [image.annotations for image in self._test]
        groups = [image.group for image in self._test]
        classes, figure = self._dataset.classes, settings.evaluation.figure
        precision = mean_precision(truth, detections, classes, settings.seed, groups, figure)
        return SubsetResult(precision, undertrained, late_gain)

    def _trained(
        self, row: Contender, images: tuple[LabelledImage, ...], seed: int, folder: Path
    ) -> SubsetTraining:
        """Train as in the main job, into the folder, which the detector may go on reading."""
        dataset = replace(self._dataset, splits={**self._dataset.splits, "train": images})
        settings = replace(self._subject.settings, seed=seed)
        row.train(TrainingJob(dataset, settings, folder, self._threads, silently))
        device = runtime.choose_device(settings.device)  # the same for all: it is chosen once
        return SubsetTraining(row.load(folder, device, self._threads))

    def _detections(self, detector: Detector) -> list[Detections]:
        detections: list[Detections] = []
        for start in range(0, len(self._test), AT_ONCE):
            pixels = [pixels_of(image) for image in self._test[start : start + AT_ONCE]]
            with runtime.one_blas_thread():
                detections += detect_all(detector, pixels)
        return detections


def still_gaining(validations: Sequence[tuple[int, float]]) -> tuple[bool, float]:
    """Return whether a training was too short, and what it gained from 60 to 80 % of it.

    ``validations`` are the figure that the curves are of, on the validation split after a number of
    updates each, in order.
    """
    last = validations[-1][0]

    def best_until(share: float) -> float:
        return max((figure for done, figure in validations if done <= share * last + 1), default=0)

    best = best_until(TO)
    gain = best - best_until(FROM)
    levelled = best >= LEARNT and gain <= max(LEVEL * best, UNSEEN)
    return not levelled, gain
