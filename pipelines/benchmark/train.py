"""Train one contender in this process and measure what it took: run in a process of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from datasets.annotations import Dataset
from pipelines.contenders import contender
from pipelines.runs.model_folder import save_model_file
from pipelines.settings import RunSettings
from pipelines.system import runtime
from pipelines.system.pace import Moment, pace_now
from pipelines.system.progress import on_terminal
from pipelines.training import Model, Together, Training, TrainingJob


class TrainingStage(msgspec.Struct, frozen=True):
    """What training one contender gave, the most memory it took, and the machine's pace then."""

    training: Training
    model: Model
    memory: runtime.PeakMemory
    pace: tuple[Moment, ...]


def train(
    name: str,
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    tensorboard: Path | None = None,
    together: Together | None = None,
    threads: int | None = None,
) -> TrainingStage:
    """Train the contender of that name, save it into ``folder`` and return what it took.

    A network's training is logged in ``tensorboard``, if given, and made ``together`` with other
    machines, if they are. There are as many threads as cores unless another number is given.

    Raises:
        TrainingError: it can't be trained.
    """
    threads = threads or runtime.usable_cores()
    runtime.set_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    job = TrainingJob(dataset, settings, folder, threads, on_terminal, tensorboard, together)
    before = pace_now()
    trained = contender(name).train(job)
    save_model_file(folder, name, dataset.classes, trained.model.pretrained_on)
    images = dataset.splits["train"]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return TrainingStage(
        msgspec.structs.replace(
            trained.training,
            images=len(images),
            boxes=sum(len(image.annotations) for image in images),
        ),
        msgspec.structs.replace(trained.model, disk_mb=size / 2**20),
        runtime.peak_memory(),
        (before, pace_now()),
    )
