"""What every machine but the first does in the main job: it trains the networks along, no more."""

from __future__ import annotations

import tempfile
from pathlib import Path

from datasets.annotations import Dataset
from datasets.errors import UserError
from pipelines.benchmark.prepare import prepare
from pipelines.contenders import contender
from pipelines.runs.data import read_checked
from pipelines.settings import RunSettings
from pipelines.system import runtime
from pipelines.system.other_machines import OtherMachines
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE, on_terminal
from pipelines.training import Together, TrainingJob


def networks(settings: RunSettings) -> list[str]:
    """Return the contenders that machines train together, in their order."""
    return [name for name in settings.pipelines if contender(name).next_call]


def check_shareable(settings: RunSettings) -> None:
    """Refuse what several machines can't train together.

    Raises:
        UserError: no contender is a network, or they are trained by the clock.
    """
    if settings.train_minutes is not None:
        raise UserError("TF_CONFIG: machines whose clocks differ need --epochs, not minutes")
    if not networks(settings):
        raise UserError("TF_CONFIG: of these contenders none is trained on several machines")


def together(name: str, settings: RunSettings, others: OtherMachines | None) -> Together | None:
    """Return with whom a contender is trained, None for the first machine alone."""
    shared = networks(settings)
    return Together(others, name == shared[-1]) if others and name in shared else None


def follow(settings: RunSettings, others: OtherMachines) -> None:
    """Train along whatever the first machine does, until it needs this one no more.

    Nothing is kept here: what is learnt is in the first machine's run.

    Raises:
        DatasetError: the data can't be used.
        TrainingError: another machine has stopped, or trains with other settings or images.
        UserError: no contender is trained on several machines, or a step was killed.
    """
    check_shareable(settings)
    dataset = read_checked(settings)
    in_own_process(prepare, networks(settings), settings)
    is_last = False
    while not is_last:
        CONSOLE.print_line("  waiting for the first machine")
        is_last = in_own_process(train_along, dataset, settings, others)
    CONSOLE.print_line("  the first machine needs this one no more; its run has everything")


def train_along(dataset: Dataset, settings: RunSettings, others: OtherMachines) -> bool:
    """Train along once, in a process of its own; return whether that was the last training."""
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    listen = contender(networks(settings)[0]).next_call
    if listen is None:
        raise TypeError("only machines that train together follow")
    call = listen(settings.device, others)
    company = Together(others, call.is_last, call)
    with tempfile.TemporaryDirectory() as folder:
        job = TrainingJob(dataset, settings, Path(folder), threads, on_terminal, None, company)
        contender(call.contender).train(job)
    return call.is_last
