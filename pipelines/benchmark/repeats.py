"""Train each contender again from other seeds, and keep what each such training detects.

The first training's model is the one that is kept, timed, drawn and explained. Of the others a run
keeps the detections, by which the luck of training is judged, in ``repeats/<seed>/``. They need
nothing of each other: one after the other is made here, or as many at a time as a cluster has
workers, whose times are not this machine's and are not kept.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import Literal

from msgspec import structs

from datasets.annotations import Dataset
from pipelines.benchmark.detect import found_in
from pipelines.benchmark.score import Scored
from pipelines.benchmark.train import TrainingStage, train
from pipelines.contenders import contender, label_of
from pipelines.runs.detection_files import REPEATS, repeat_folder, write_detections
from pipelines.runs.folder import SPLIT_FOLDERS, RunFolder
from pipelines.runs.metrics import Trainings
from pipelines.runs.side_by_side import ThisProcess, as_done, shared_with_workers
from pipelines.settings import RunSettings, seeds_from
from pipelines.system import runtime
from pipelines.system.cluster import Workers, cluster_workers
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE

# Seconds of each further training, in the order of their seeds, by contender; nan on a cluster.
Seconds = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Step:
    """Training a contender from a further seed, or detecting with what that gave."""

    does: Literal["train", "detect"]
    pipeline: str
    seed: int

    @property
    def name(self) -> str:
        """What its stage is called."""
        return f"{self.does}-{self.pipeline}-{self.seed}"


@dataclass(frozen=True)
class Again:
    """What steps are done with in a process.

    Attributes:
        run: folder of the run, in which each seed has its place.
        logs: where networks' trainings are logged, None for nowhere.
    """

    dataset: Dataset
    settings: RunSettings
    run: Path
    logs: Path | None
    threads: int


_begun: list[Again] = []  # one, in each process that does steps


def train_again(
    folder: RunFolder,
    dataset: Dataset,
    settings: RunSettings,
    logs: Path | None,
    cluster: str | None = None,
) -> Seconds:
    """Train and detect from each further seed, each step kept when done, and return the seconds.

    ``cluster`` is the address of a Dask cluster that does it; without, this machine does.

    Raises:
        TrainingError: a contender can't be trained from one of them.
        UserError: the cluster can't be used.
    """
    seconds: dict[Step, float] = {}
    waiting: deque[Step] = deque()
    for seed in settings.further_seeds:
        for name in settings.pipelines:
            training, detecting = Step("train", name, seed), Step("detect", name, seed)
            trained = folder.kept(training.name, TrainingStage)
            if trained is None:
                waiting.append(training)
                continue
            seconds[training] = trained.training.seconds
            if folder.kept(detecting.name, bool) is None:
                waiting.append(detecting)
    if waiting:
        with _workers(folder, dataset, settings, logs, cluster) as workers:
            for step, result in as_done(waiting, done, workers.pool, workers.count):
                if isinstance(result, TrainingStage):
                    trained = result if cluster is None else _untimed(result)
                    folder.keep(step.name, trained)
                    seconds[step] = trained.training.seconds
                    waiting.appendleft(replace(step, does="detect"))
                else:
                    folder.keep(step.name, result)
    for models in (folder.partial / REPEATS).glob("*/models"):
        shutil.rmtree(models, ignore_errors=True)
    return {
        name: tuple(seconds[Step("train", name, seed)] for seed in settings.further_seeds)
        for name in settings.pipelines
    }


def _untimed(stage: TrainingStage) -> TrainingStage:
    """Return what a training gave without its seconds, which are another machine's."""
    return structs.replace(stage, training=structs.replace(stage.training, seconds=nan))


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


@contextmanager
def _workers(
    folder: RunFolder,
    dataset: Dataset,
    settings: RunSettings,
    logs: Path | None,
    cluster: str | None,
) -> Iterator[Workers]:
    """Give that in which steps are `done`: the cluster, or this process for one at a time."""
    given = dataset, settings, folder.partial, logs
    if cluster is None:
        _begin(*given, 1)
        yield Workers(ThisProcess(), 1)
    else:
        shared = shared_with_workers(folder.partial, dataset)
        with cluster_workers(cluster, shared, _begin, *given) as workers:
            yield workers


def _begin(
    dataset: Dataset, settings: RunSettings, run: Path, logs: Path | None, share: int
) -> None:
    """Begin a process, of so many that share the cores of a machine."""
    threads = max(1, runtime.usable_cores() // share)
    _begun[:] = [Again(dataset, settings, run, logs, threads)]


def done(step: Step) -> TrainingStage | bool:
    """Do a step in a process of its own, started by one of `_workers`."""
    if step.does == "train":
        return in_own_process(_train, step, _begun[0])
    return in_own_process(_detect, step, _begun[0])


def _train(step: Step, given: Again) -> TrainingStage:
    number = given.settings.further_seeds.index(step.seed) + 2
    which = f"training {number} of {given.settings.repeats}"
    CONSOLE.print_line(f"  {label_of(step.pipeline)}: {which}, from seed {step.seed}")
    logs = None if given.logs is None else repeat_folder(given.logs, step.seed)
    settings = replace(given.settings, seed=step.seed)
    model = _model(step, given)
    return train(step.pipeline, given.dataset, settings, model, logs, threads=given.threads)


def _detect(step: Step, given: Again) -> bool:
    """Write what a model detects in both splits into its seed's place, and return that it did."""
    runtime.set_threads(given.threads, blas=1)
    row = contender(step.pipeline)
    device = runtime.choose_device(row.device_choice(given.settings.device))
    detector = row.load(_model(step, given), device, given.threads)
    place = repeat_folder(given.run, step.seed)
    for split, below in SPLIT_FOLDERS.items():
        found = found_in(given.dataset, split, step.pipeline, detector)
        write_detections(place / below, step.pipeline, found)
    return True


def _model(step: Step, given: Again) -> Path:
    return repeat_folder(given.run, step.seed) / "models" / step.pipeline
