"""YOLO as contenders, from scratch and pre-trained: trained into a folder and loaded from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.yolo.settings import YoloSettings
from pipelines.detections import Detector, FeatureSource, Image
from pipelines.evaluation.oracles import Oracle
from pipelines.system import runtime
from pipelines.system.runtime import Device
from pipelines.system.training_process import begin_training
from pipelines.training import (
    LossHistory,
    Model,
    TrainedContender,
    Training,
    TrainingJob,
    Validation,
    unchosen,
)
from pipelines.yolo.together import meet


def train(job: TrainingJob, group: str) -> TrainedContender:
    """Train the network, save it into the job's folder and return how it went.

    ``group`` names its settings among the run's.

    Raises:
        TrainingError: it can't be trained.
        KeyboardInterrupt: it was stopped; the state of the training is saved.
    """
    run = job.settings
    settings: YoloSettings = getattr(run, group)
    device = begin_training(run.device, settings.parts)
    from models.yolo.scalars import scalar_log, unlogged
    from models.yolo.schedule import TrainingLength
    from pipelines.system.processes import stop_at_a_good_moment
    from pipelines.yolo.storage import saved_yolo
    from pipelines.yolo.training import choose_input, train_yolo

    machines = meet(job, group)
    images = job.dataset.splits["train"]
    training_length = TrainingLength(run.epochs, run.train_minutes)
    choice = choose_input(images, job.dataset.classes, run.image_size)
    height, width = choice.input_hw
    length = training_length.in_words(len(images), settings)
    reasons = {
        "input": f"{width}×{height} px, {choice.reason}",
        "length": f"{length}, {settings.batch} pictures each",
    }
    if job.together is not None:
        reasons["machines"] = f"{job.together.machines.count}, each with its share of every batch"
    print(f"  {settings.LABEL}: input {reasons['input']}; {reasons['length']}", file=sys.stderr)
    with stop_at_a_good_moment() as is_stopped:
        trained = train_yolo(
            images,
            job.dataset.splits["val"],
            job.dataset.classes,
            settings,
            choice.input_hw,
            training_length,
            run.seed,
            job.folder,
            job.track,
            is_stopped,
            unlogged if job.tensorboard is None else scalar_log(job.tensorboard),
            machines,
        )
    saved = saved_yolo(job.folder)
    history = tuple(Validation(**msgspec.structs.asdict(row)) for row in trained.history)
    kept = unchosen(history, "the last weights")
    for reason in kept.values():
        print(f"  {settings.LABEL}: {reason}", file=sys.stderr)
    return TrainedContender(
        Training(
            seconds=trained.seconds,
            device=device.name,
            reasons={**reasons, **kept},
            updates=trained.updates,
            flips=tuple(sorted(trained.flips)),
            waiting_share=trained.waiting_share,
            history=history,
            losses=LossHistory(
                trained.losses.updates_a_point,
                tuple(trained.losses.classes),
                tuple(trained.losses.boxes),
            ),
        ),
        Model(
            parameters=saved.parameters,
            multiply_adds=saved.multiply_adds,
            input_hw=saved.input_hw,
            pretrained_on=settings.pretrained_on,
            classes_seen=_classes_seen(settings, job.dataset.classes),
        ),
    )


def _classes_seen(settings: YoloSettings, classes: Sequence[str]) -> tuple[str, ...] | None:
    if settings.pretrained_on is None:
        return ()
    from models.yolo.seen_classes import classes_seen, classes_seen_before

    seen = classes_seen(settings.backbone_weights, settings.backbone_classes)
    return classes_seen_before(classes, seen) if seen else None


def load(folder: Path, device: Device, threads: int) -> Detector:
    """Return the detector saved in the folder, for that device."""
    from pipelines.yolo.storage import load_yolo

    return load_yolo(folder, gpu=device.is_gpu, threads=threads)


def load_each(folder: Path, device: Device, threads: int) -> Sequence[Detector]:
    """Return a LiteRT network for each thread, or one TensorFlow graph, which takes all cores."""
    from pipelines.yolo.storage import LITERT

    alone = device.is_gpu or not (folder / LITERT).is_file()
    return [load(folder, device, 1) for _ in range(1 if alone else threads)]


def grad_cam(folder: Path) -> Callable[[Image, NDArray[np.float64], int], NDArray[np.float64]]:
    """Return what explains the detections of the network in the folder; it loads TensorFlow."""
    runtime.load_tensorflow()
    from pipelines.yolo.grad_cam import GradCam
    from pipelines.yolo.storage import load_network

    return GradCam(load_network(folder))


def oracles(detector: Detector) -> tuple[Oracle, ...]:
    """Return the oracles for the parts of a detector that was loaded here."""
    from pipelines.yolo.oracles import oracles_of

    return oracles_of(detector)


def features(folder: Path, threads: int) -> FeatureSource:
    """Return the boxes and features of the detector saved in the folder."""
    from pipelines.yolo.features import feature_source

    return feature_source(folder, threads)
