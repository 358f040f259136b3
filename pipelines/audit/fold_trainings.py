"""Contenders trained on all folds but one, and what they find in that: each kept when done."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path

import msgspec

from datasets.annotations import SPLITS, Dataset, LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track, silently
from datasets.splits import split_sha256
from pipelines.audit.witnesses import Found
from pipelines.contenders import contender
from pipelines.detections import Detections, Detector
from pipelines.evaluation import undefined
from pipelines.postprocessing.calibration import CalibratedDetector, fitted
from pipelines.runs.cells import Cells
from pipelines.runs.metrics import DetectorMetrics
from pipelines.runs.side_by_side import (
    most_at_once,
    shared_with_workers,
    trained_side_by_side,
    training_workers,
)
from pipelines.settings import RunSettings
from pipelines.system import runtime
from pipelines.system.processes import in_own_process
from pipelines.training import TrainingJob

MODELS = "models"  # folder of what is being trained, beside the cells
NEEDED_MB = 1500.0  # of memory a training, where no run has measured it
# One, in a process that trains: folds, settings, the folder of models, threads.
_begun: list[tuple[Sequence[Dataset], RunSettings, Path, int]] = []


@dataclass(frozen=True)
class FoldTraining:
    """One contender's training on all folds but that of the number, which counts from 0."""

    pipeline: str
    number: int
    folds: int

    @property
    def name(self) -> str:
        """What its cell is called."""
        return f"{self.pipeline}-without-{self.number + 1}-of-{self.folds}"

    @property
    def title(self) -> str:
        """What is shown while it goes on."""
        return f"{self.pipeline} without fold {self.number + 1} of {self.folds}"


class FoundInImage(msgspec.Struct, frozen=True):
    """`Detections` in the image of that name, as JSON has them."""

    image: str
    boxes: tuple[tuple[float, float, float, float], ...]
    scores: tuple[float, ...]
    labels: tuple[int, ...]

    def detections(self) -> Detections:
        """Return them as detections."""
        return Detections(self.boxes, self.scores, self.labels)


@dataclass(frozen=True)
class Costs:
    """What a training takes: seconds by contender, 0 where not known, and MiB of memory."""

    seconds: Mapping[str, float]
    needed_mb: float = NEEDED_MB


def cells_of(
    folder: Path, dataset: Dataset, folds: int, settings: RunSettings, seconds: float = inf
) -> Cells:
    """Return where trainings on so many folds are kept, apart from those of other sets or settings.

    The device of the trainings is no matter. All may take so many seconds.
    """
    decisive = undefined.encode(replace(settings, device="auto")), split_sha256(dataset.splits)
    digest = hashlib.sha256(decisive[0] + decisive[1].encode()).hexdigest()[:8]
    return Cells(folder / f"{folds}-folds-{digest}", seconds)


def costs_of(figures: Mapping[str, DetectorMetrics], folds: Sequence[Dataset]) -> Costs:
    """Return what trainings without a fold take, by what those of a run took."""
    images = len(folds[0].splits["train"])
    seconds = {}
    for name, each in figures.items():
        main, rates = each.training, each.throughput
        training = 0.0 if main is None else main.seconds * images / max(main.images, 1)
        held = len(folds[0].splits["val"]) + len(folds[0].splits["test"])
        seconds[name] = training + (0.0 if rates is None else held / rates.best)
    used = [each.memory_mb.peak_rss for each in figures.values() if each.memory_mb is not None]
    return Costs(seconds, max(used, default=NEEDED_MB))


def found_in_folds(
    folds: Sequence[Dataset],
    settings: RunSettings,
    cells: Cells,
    costs: Costs,
    track: Track,
    cluster: str | None = None,
) -> dict[FoldTraining, tuple[FoundInImage, ...]]:
    """Train each contender without each fold, side by side, and return what they found in those.

    Trainings are as long as the settings have it. A network's that was cut off goes on from the
    state it left. What there is no time for is left out, and named in the cells. ``cluster`` is the
    address of a Dask cluster that trains; without, processes of this machine do.

    Raises:
        TrainingError: a contender can't be trained.
        UserError: a process was killed, what was kept can't be read, or the cluster can't be used.
    """
    names, count = settings.pipelines, len(folds)
    wanted = [FoldTraining(name, n, count) for n in range(count) for name in names]
    rows = [contender(name) for name in names]
    at_once = partial(most_at_once, rows, settings.device, costs.needed_mb)
    shared = shared_with_workers(cells.folder, folds[0])
    given = folds, settings, cells.folder / MODELS
    with training_workers(cluster, shared, at_once, _begin, *given) as workers:
        return trained_side_by_side(
            "audit",
            wanted,
            tuple[FoundInImage, ...],
            _train,
            lambda planned: costs.seconds.get(planned.pipeline, 0.0),
            cells,
            track,
            workers.pool,
            workers.count,
        )


def by_split(
    dataset: Dataset, found: Mapping[FoldTraining, tuple[FoundInImage, ...]]
) -> tuple[Found, frozenset[str]]:
    """Return what each contender found in each image, by split, and what all were asked about.

    The latter are names of images; in others, of folds there was no time for, nothing is found.
    """
    by_name: dict[str, dict[str, Detections]] = {}
    for planned, images in found.items():
        of_one = by_name.setdefault(planned.pipeline, {})
        of_one.update((each.image, each.detections()) for each in images)
    asked = frozenset.intersection(*map(frozenset, by_name.values())) if by_name else frozenset()
    nothing = Detections()
    detections = {
        name: {
            split: [of_one.get(image.name, nothing) for image in dataset.splits[split]]
            for split in SPLITS
        }
        for name, of_one in by_name.items()
    }
    return detections, asked


def trained(
    fold: Dataset, settings: RunSettings, name: str, folder: Path, threads: int
) -> tuple[FoundInImage, ...]:
    """Train a contender in this process and return what it finds in the images held out.

    Its scores are calibrated on the fold's validation split. The folder is empty, or has what such
    a training left that was cut off; it is gone afterwards.

    Raises:
        TrainingError: it can't be trained.
    """
    runtime.set_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    row = contender(name)
    # What a training says of itself would tear the bar of all of them.
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        row.train(TrainingJob(fold, settings, folder, threads, silently))
    with runtime.one_blas_thread():
        device = runtime.choose_device(row.device_choice(settings.device))
        detector = row.load(folder, device, threads)
        if isinstance(detector, CalibratedDetector):
            val = fold.splits["val"]
            in_val = [detector.detect(pixels_of(image)) for image in val]
            detector = detector.calibrated(fitted([each.annotations for each in val], in_val))
        found = tuple(_found(detector, image) for image in fold.splits["test"])
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _found(detector: Detector, image: LabelledImage) -> FoundInImage:
    found = detector.detect(pixels_of(image))
    boxes = tuple(map(tuple, found.boxes.tolist()))
    return FoundInImage(
        image.name, boxes, tuple(found.scores.tolist()), tuple(found.labels.tolist())
    )


def _train(planned: FoldTraining) -> tuple[FoundInImage, ...]:
    """Train in a process that the training alone has, as in the main job."""
    folds, settings, models, threads = _begun[0]
    fold, folder = folds[planned.number], models / planned.name
    return in_own_process(trained, fold, settings, planned.pipeline, folder, threads)


def _begin(folds: Sequence[Dataset], settings: RunSettings, models: Path, share: int) -> None:
    """Begin a process that trains, of so many that share the cores of a machine."""
    _begun[:] = [(folds, settings, models, max(1, runtime.usable_cores() // share))]
