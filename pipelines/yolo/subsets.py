"""Short trainings on subsets, one after another, which compile one network once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from datasets.annotations import LabelledImage
from pipelines.system.training_process import begin_training
from pipelines.training import SubsetTrainer, SubsetTraining, TrainingJob

if TYPE_CHECKING:
    import keras


def subset_trainer(job: TrainingJob, group: str) -> SubsetTrainer:
    """Return what trains on some images, with the input of the network in the job's folder.

    ``group`` names its settings among the run's.

    Raises:
        TrainingError: the backbone's weights or the devices are not to be had.
    """
    begin_training(job.settings.device, getattr(job.settings, group).parts)
    from models.yolo.checkpoint import Checkpoint
    from models.yolo.learner import Learner
    from models.yolo.schedule import TrainingLength
    from models.yolo.training import train_network
    from pipelines.yolo.storage import saved_yolo
    from pipelines.yolo.training import detector_of, validation

    saved, classes = saved_yolo(job.folder), job.dataset.classes
    settings = replace(getattr(job.settings, group), validations=5, early_validations=0)
    learner = Learner.of(saved.input_hw, len(classes), settings)
    judge = validation(job.dataset.splits["val"], classes, saved.input_hw, settings, saved.limit)
    detector = detector_of(learner.network, classes, settings, saved.limit)

    def train(images: Sequence[LabelledImage], seed: int, updates: int) -> SubsetTraining:
        reached = []

        def validate(network: keras.Model) -> float:
            quality = judge(network)
            reached.append(float(getattr(quality, job.settings.evaluation.figure)))
            return quality.map_50_95

        trained = train_network(
            images,
            len(classes),
            saved.input_hw,
            replace(settings, updates=updates),
            TrainingLength(),
            seed,
            validate,
            job.track,
            Checkpoint(None),
            learner=learner,
        )
        made = [row.update for row in trained.history]
        return SubsetTraining(detector, tuple(zip(made, reached, strict=True)))

    return train
