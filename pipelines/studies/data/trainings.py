"""Both pipelines trained on subsets and tested alike; a process compiles YOLO's network once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from datasets.annotations import LabelledImage
from datasets.images import load_image
from datasets.progress import silently
from datasets.splits import evenly
from models.errors import TrainingError
from pipelines.detections import Detections
from pipelines.studies.common.figures import figures, none_for_nan
from pipelines.studies.data.learning_curves import LEARNT
from pipelines.studies.data.plan import Key, subset
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.yolo.detector import YoloDetector
from pipelines.yolo.storage import saved_yolo
from pipelines.yolo.training import detector_of, validation

if TYPE_CHECKING:
    import keras

    from pipelines.evaluation.quality import Quality

MOST_TESTED, MOST_VALIDATED = 200, 60  # images of those splits that are looked at
# Of its best mAP@.50, what a training that has levelled off may gain in its last fifth, and the
# mAP@.50 that this may be for all that so few images can tell.
LEVEL, UNTOLD = 0.05, 0.01
LOOKED_AT = 16  # test images held decoded at a time


class Compiled(NamedTuple):
    """What serves all YOLO trainings."""

    learner: Any
    detector: YoloDetector
    judge: Callable[[keras.Model], Quality]
    settings: Any


class Trainings:
    """Measures the cells of the data study."""

    def __init__(self, subject: Subject, threads: int) -> None:
        """Only note the run; TensorFlow is loaded with the first YOLO training."""
        self.subject = subject
        splits = subject.dataset.splits
        self.test = evenly(splits["test"], MOST_TESTED)
        self.val = evenly(splits["val"], MOST_VALIDATED)
        self.threads = threads

    def measure(self, key: Key) -> dict[str, Any]:
        """Train on the key's subset and return its figures on the test split, as JSON has them."""
        images = subset(self.subject.dataset.splits["train"], key.images, key.seed)
        work = {"classical": self._classical, "yolo": self._yolo}[key.pipeline]
        truth = [image.annotations for image in self.test]
        found, course = work(images, key)
        return {
            **course,
            **figures(truth, found, self.subject.dataset.classes, self.subject.settings.seed),
        }

    def _classical(
        self, images: Sequence[LabelledImage], key: Key
    ) -> tuple[list[Detections], dict[str, Any]]:
        from pipelines.classical.training import train_classical

        try:
            detector = train_classical(
                images,
                self.val,
                self.subject.dataset.classes,
                self.subject.settings.classical,
                key.seed,
                silently,
                self.threads,
            )
        except TrainingError:  # nothing is labelled in so few images: nothing will be found
            return [Detections() for _ in self.test], {"undertrained": False}
        found = []
        for start in range(0, len(self.test), LOOKED_AT):
            some = self.test[start : start + LOOKED_AT]
            found += detector.detect_batch([load_image(image.path) for image in some])
        return found, {"undertrained": False}

    def _yolo(
        self, images: Sequence[LabelledImage], key: Key
    ) -> tuple[list[Detections], dict[str, Any]]:
        compiled = self._compiled  # before other imports of TensorFlow, for its silence
        from models.yolo.checkpoint import Checkpoint
        from models.yolo.schedule import TrainingLength
        from models.yolo.training import train_network

        reached = []

        def validate(network: keras.Model) -> float:
            quality = compiled.judge(network)
            reached.append(quality.map_50)
            return quality.map_50_95

        try:
            trained = train_network(
                images,
                len(self.subject.dataset.classes),
                compiled.detector.input_hw,
                replace(compiled.settings, updates=key.updates),
                TrainingLength(),
                key.seed,
                validate,
                silently,
                Checkpoint(None),
                learner=compiled.learner,
            )
        except TrainingError:  # its loss was not finite: it says nothing about the images
            return [Detections() for _ in self.test], {"undertrained": True}
        found = [compiled.detector.detect(load_image(image.path)) for image in self.test]
        return found, course_of([row.update for row in trained.history], reached)

    @cached_property
    def _compiled(self) -> Compiled:
        runtime.load_tensorflow()
        runtime.choose_device(self.subject.settings.device)
        from models.yolo.learner import Learner

        saved = saved_yolo(self.subject.folder / "models" / "yolo")
        classes = self.subject.dataset.classes
        settings = replace(self.subject.settings.yolo, validations=5, early_validations=0)
        learner = Learner.of(saved.input_hw, len(classes), settings)
        judge = validation(self.val, classes, saved.input_hw, settings, saved.limit)
        detector = detector_of(learner.weights.network, classes, settings, saved.limit)
        return Compiled(learner, detector, judge, settings)


def course_of(updates: Sequence[float], reached: Sequence[float]) -> dict[str, Any]:
    """Return whether a training was too short, and what it gained in its last fifth.

    It is judged by mAP@.50, the figure that the curves are of. Overlaps grow on for longer, and
    mAP@[.50:.95] with them, when hardly another object is found.

    Args:
        updates: after which it was validated.
        reached: mAP@.50 on the validation split then.
    """
    before = [
        figure
        for update, figure in zip(updates, reached, strict=True)
        if update <= 0.8 * updates[-1] + 1
    ]
    best = max(reached)
    gain = best - max(before, default=0.0)
    levelled = best >= LEARNT and gain <= max(LEVEL * best, UNTOLD)
    return {"undertrained": not levelled, "late_gain": none_for_nan(gain)}
