"""Train each contender again from other seeds, and keep what each such training detects.

The first training's model is the one that is kept, timed, drawn and explained. Of the others a run
keeps the detections, by which the luck of training is judged, in ``repeats/<seed>/``.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets.annotations import Dataset
from pipelines.benchmark.detect import found_in
from pipelines.benchmark.score import Scored
from pipelines.benchmark.train import TrainingStage, train
from pipelines.contenders import contender, label_of
from pipelines.runs.detection_files import repeat_folder, write_detections
from pipelines.runs.folder import SPLIT_FOLDERS, RunFolder
from pipelines.runs.metrics import Trainings
from pipelines.settings import RunSettings, seeds_from
from pipelines.system import runtime
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE

# Seconds of each further training, in the order of their seeds, by contender.
Seconds = Mapping[str, tuple[float, ...]]


def train_again(
    folder: RunFolder, dataset: Dataset, settings: RunSettings, logs: Path | None
) -> Seconds:
    """Train and detect from each further seed, each step kept when done, and return the seconds.

    Raises:
        TrainingError: a contender can't be trained from one of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in settings.pipelines}
    for number, seed in enumerate(settings.further_seeds, start=2):
        place = repeat_folder(folder.partial, seed)
        log = None if logs is None else repeat_folder(logs, seed)
        given = dataset, replace(settings, seed=seed)
        for name, reached in seconds.items():
            model, which = place / "models" / name, f"training {number} of {settings.repeats}"
            job = partial(in_own_process, _train, which, name, *given, model, log)
            stage = folder.stage(f"train-{name}-{seed}", TrainingStage, job)
            reached.append(stage.training.seconds)
            detect = partial(in_own_process, _detect, name, *given, model, place)
            folder.stage(f"detect-{name}-{seed}", bool, detect)
        shutil.rmtree(place / "models", ignore_errors=True)
    return {name: tuple(each) for name, each in seconds.items()}


def each_training(
    name: str, settings: RunSettings, seconds: tuple[float, ...], scored: Scored
) -> Trainings | None:
    """Return what each training of a contender took and reached, None where there was one."""
    if settings.repeats == 1:
        return None
    return Trainings(
        seeds_from(settings.seed, settings.repeats),
        seconds,
        scored.evaluations[name].trainings,
    )


def _train(
    which: str,
    name: str,
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    logs: Path | None,
) -> TrainingStage:
    CONSOLE.print_line(f"  {label_of(name)}: {which}, from seed {settings.seed}")
    return train(name, dataset, settings, folder, logs)


def _detect(name: str, dataset: Dataset, settings: RunSettings, model: Path, place: Path) -> bool:
    """Write what a model detects in both splits into a place, and return that it is done."""
    threads = runtime.usable_cores()
    runtime.set_threads(threads, blas=1)
    row = contender(name)
    device = runtime.choose_device(row.device_choice(settings.device))
    detector = row.load(model, device, threads)
    for split, below in SPLIT_FOLDERS.items():
        write_detections(place / below, name, found_in(dataset, split, name, detector))
    return True
