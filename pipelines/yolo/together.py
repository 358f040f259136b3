"""How machines agree on what they train together: the first says it, the others follow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from datasets.splits import split_sha256
from models.errors import TrainingError
from pipelines.system.other_machines import OtherMachines
from pipelines.training import TrainingJob

if TYPE_CHECKING:
    from models.yolo.machines import Machines


class Call(msgspec.Struct, frozen=True):
    """What the first machine says before a training.

    Attributes:
        contender: that is trained.
        job: digest of all that has to be the same on all machines.
        is_last: whether the others are needed for no further training.
    """

    contender: str
    job: str
    is_last: bool


def joined_machines(others: OtherMachines) -> Machines:
    """Return the machines, once all are there; this process has begun to train.

    Raises:
        TrainingError: they don't come together.
    """
    from models.yolo.machines import joined

    others.give_to_tensorflow()
    return joined(others.tf_config, is_first=others.is_first)


def call_others(machines: Machines, call: Call) -> None:
    """Say on the first machine what is trained now.

    Raises:
        TrainingError: another machine has stopped.
    """
    machines.from_first(lambda: msgspec.msgpack.encode(call))


def next_call(machines: Machines) -> Call:
    """Return on another machine what the first one trains now.

    Raises:
        TrainingError: another machine has stopped.
    """
    return msgspec.msgpack.decode(machines.from_first(lambda: b""), type=Call)


def check_same(call: Call, job: TrainingJob) -> None:
    """Hold what this machine would train to what the first one does.

    Raises:
        TrainingError: they differ.
    """
    if call.job != digest(job, call.contender):
        raise TrainingError(
            f"the first machine trains {call.contender} with other settings or images than this "
            "one; start all of them with the same command, data and files"
        )


def digest(job: TrainingJob, group: str) -> str:
    """Return the same text for jobs in which a group of settings makes the same updates."""
    run = job.settings
    alike = getattr(run, group), run.seed, run.epochs, run.image_size
    split = split_sha256(job.dataset.splits)
    return hashlib.sha256(msgspec.msgpack.encode((alike, split))).hexdigest()
