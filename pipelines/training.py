"""What a contender is trained with and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import msgspec

from datasets.annotations import Dataset, LabelledImage
from datasets.progress import Track
from pipelines.detections import Detector
from pipelines.evaluation.undefined import Number
from pipelines.settings import RunSettings
from pipelines.system.other_machines import OtherMachines


class Call(msgspec.Struct, frozen=True):
    """What the first of several machines says before a training that all of them make.

    Attributes:
        contender: that is trained.
        job: digest of all that has to be the same on all machines.
        is_last: whether the others are needed for no further training.
    """

    contender: str
    job: str
    is_last: bool


@dataclass(frozen=True)
class Together:
    """Other machines that make a training's updates too.

    Attributes:
        machines: all of them.
        is_last: whether it is their last training.
        call: what the first machine said, on another one.
    """

    machines: OtherMachines
    is_last: bool
    call: Call | None = None


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """One training.

    Attributes:
        dataset: the checked set; learnt from on ``train``, chosen on ``val``.
        settings: of the run; each contender reads its own group.
        folder: of the model, which is there.
        tensorboard: where a network's training is logged, None for nowhere.
        together: with whom a network is trained, None for this machine alone.
    """

    dataset: Dataset
    settings: RunSettings
    folder: Path
    threads: int
    track: Track
    tensorboard: Path | None = None
    together: Together | None = None


class Validation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One look at the validation split during a training.

    Attributes:
        seconds: since the training began.
        validation: mAP@[.50:.95] on the validation split, nan without an object.
        update: after how many updates of a network, whose learning rate and losses then follow.
    """

    seconds: float
    validation: Number
    update: int | None = None
    learning_rate: float | None = None
    loss_classes: float | None = None
    loss_boxes: float | None = None


def unchosen(history: Sequence[Validation], kept: str) -> dict[str, str]:
    """Return as a reason what was kept where no figure on the validation split could choose."""
    if not history or not all(isnan(step.validation) for step in history):
        return {}
    return {"choice": f"{kept}: nothing to choose by, the val split has no object to be found"}


class MiningRound(msgspec.Struct, frozen=True):
    """One round of hard-negative mining.

    Attributes:
        round: 0 for the SVMs that have seen background drawn at random alone.
        objects: examples learnt from; those of ``background``, how many this round has ``mined``.
        validation: mAP@[.50:.95] before refinement on the validation split, nan without an object.
        kept: whether these SVMs were chosen.
    """

    round: int
    objects: int
    background: int
    mined: int
    validation: Number
    kept: bool


class LossHistory(msgspec.Struct, frozen=True):
    """Mean losses of classes and boxes over stretches of ``updates_a_point`` updates each."""

    updates_a_point: int
    classes: tuple[float, ...]
    boxes: tuple[float, ...]


class Training(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a training went; what does not apply to a contender keeps its default.

    Attributes:
        seconds: it took; nan for a further one that another machine made.
        images: it learnt from.
        boxes: of objects in them.
        device: a network was trained on.
        reasons: why what was decided is what it is, as a network's input and its training's length.
        updates: of a network's weights.
        flips: mirrorings that pictures were augmented by.
        waiting_share: of the seconds, spent waiting for pictures.
        losses: along a network's training.
    """

    seconds: Number
    images: int = 0
    boxes: int = 0
    history: tuple[Validation, ...] = ()
    rounds: tuple[MiningRound, ...] = ()
    device: str | None = None
    reasons: Mapping[str, str] = {}
    updates: int | None = None
    flips: tuple[str, ...] | None = None
    waiting_share: float | None = None
    losses: LossHistory | None = None


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model.

    Attributes:
        parameters: numbers that were learnt.
        multiply_adds: an image, None where it depends on the image.
        disk_mb: of its folder, MiB.
        input_hw: height and width of a network's input in pixels.
        pretrained_on: what it had seen before training, None if nothing.
        classes_seen: of the set's classes, those that it had learnt there; None where it is not
            known which it learnt.
    """

    parameters: int
    multiply_adds: int | None = None
    disk_mb: float = 0.0
    input_hw: tuple[int, int] | None = None
    pretrained_on: str | None = None
    classes_seen: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class TrainedContender:
    """What a contender's training gives besides the files in its folder."""

    training: Training
    model: Model


@dataclass(frozen=True)
class SubsetTraining:
    """What a training on few images gives, for learning curves.

    Attributes:
        detector: it made; good until the next such training.
        validations: the figure that decides, on the validation split, each after a number of
            updates of a network.
    """

    detector: Detector
    validations: tuple[tuple[int, float], ...] = ()


# Trains on some images, by a seed and for a number of updates.
SubsetTrainer = Callable[[Sequence[LabelledImage], int, int], SubsetTraining]
