"""How machines agree on what they train together: the first says it, the others follow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from datasets.splits import split_sha256
from models.errors import TrainingError
from pipelines.system.other_machines import OtherMachines
from pipelines.system.training_process import begin_training
from pipelines.training import Call, TrainingJob

if TYPE_CHECKING:
    from models.yolo.machines import Machines


def meet(job: TrainingJob, group: str) -> Machines | None:
    """Return the machines that make a job's updates, having agreed on it; None for one alone.

    The process has begun to train.

    Raises:
        TrainingError: they don't come together, one has stopped, or they would train differently.
    """
    if job.together is None:
        return None
    machines = _joined(job.together.machines)
    own = _digest(job, group)
    if machines.is_first:
        call = Call(group, own, job.together.is_last)
        machines.from_first(lambda: msgspec.msgpack.encode(call))
    elif job.together.call is None or job.together.call.job != own:
        raise TrainingError(
            f"the first machine trains {group} with other settings or images than this one; start "
            "all of them with the same command, data and files"
        )
    return machines


def next_call(device: str, others: OtherMachines) -> Call:
    """Return what the first machine trains next; call it in a process of its own.

    Raises:
        TrainingError: another machine has stopped.
    """
    begin_training(device, 1)
    return msgspec.msgpack.decode(_joined(others).from_first(lambda: b""), type=Call)


def _joined(others: OtherMachines) -> Machines:
    from models.yolo.machines import joined

    others.give_to_tensorflow()
    return joined(others.tf_config, is_first=others.is_first)


def _digest(job: TrainingJob, group: str) -> str:
    """Return the same text for jobs in which a group of settings makes the same updates."""
    run = job.settings
    alike = getattr(run, group), run.seed, run.epochs, run.image_size
    split = split_sha256(job.dataset.splits)
    return hashlib.sha256(msgspec.msgpack.encode((alike, split))).hexdigest()
