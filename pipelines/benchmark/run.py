"""The main job: the same images through every contender, one evaluator, one folder of results.

Reading, training, detection and timing, scoring, drawing: one after the other, each finished step
kept so that a run that was cut off goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.annotations import Dataset
from datasets.errors import UserError
from datasets.path_names import real_path
from datasets.tfds import PREFIX as TFDS
from pipelines.benchmark.add_axes import report
from pipelines.benchmark.decide import decide
from pipelines.benchmark.detect import DetectionStage, detect_and_time, detecting_memory
from pipelines.benchmark.ensemble import ensembles, with_ensemble
from pipelines.benchmark.figures import figures_of
from pipelines.benchmark.follow import check_shareable, together
from pipelines.benchmark.prepare import left_out, without
from pipelines.benchmark.repeats import train_again
from pipelines.benchmark.score import Scored, outside_detections, score_saved
from pipelines.benchmark.train import TrainingStage, train
from pipelines.contenders import contender
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_file
from pipelines.evaluation.report_card import compared
from pipelines.evaluation.undefined import plain
from pipelines.report.images.write import write_pictures
from pipelines.report.wording import called
from pipelines.runs.data import keep_out_of_data, read_checked, summary_of
from pipelines.runs.detection_files import split_truth
from pipelines.runs.finished import Subject
from pipelines.runs.folder import RunFolder
from pipelines.runs.metrics import (
    METRICS,
    TIMING,
    Metrics,
    read_metrics,
    write_metrics,
)
from pipelines.runs.model_folder import save_operating_point
from pipelines.runs.side_by_side import shared_with_workers
from pipelines.settings import RunSettings
from pipelines.studies.common.axes import DEFAULT
from pipelines.studies.common.choice import choice
from pipelines.studies.study import study
from pipelines.system import runtime
from pipelines.system.cluster import check_cluster
from pipelines.system.fonts import undrawn
from pipelines.system.other_machines import OtherMachines
from pipelines.system.output_lock import sole_writer
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE, on_terminal

R = TypeVar("R")


def default_output(settings: RunSettings) -> Path:
    """Return ``runs/<dataset name>`` below the current folder."""
    if settings.dataset.startswith(TFDS):
        return Path("runs") / settings.dataset.removeprefix(TFDS).replace("/", "-")
    return Path("runs") / (real_path(Path(settings.dataset)).name or "dataset")


def compare(
    settings: RunSettings,
    output: Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    axes: Sequence[str] = DEFAULT,
    tensorboard: Path | None = None,
    others: OtherMachines | None = None,
    cluster: str | None = None,
) -> Metrics:
    """Run the whole comparison into ``output`` and return what its ``metrics.json`` holds.

    With ``tensorboard`` networks' training is logged in a folder of the run's name there. With
    ``others``, which `follow`, this machine is the first of those that train the networks.
    ``cluster`` is the address of a Dask cluster that makes the further trainings of ``repeats`` and
    those of the axis ``data``.

    Raises:
        DatasetError: the data can't be used.
        TrainingError: a contender can't be trained on this data.
        UserError: the folder, the device, the cluster or another tool's detections can't be used,
            the settings name an unknown contender, none can take part, or a step was killed.
    """
    for name in settings.pipelines:
        contender(name)  # before an hour of training those before it
    if others is not None:
        check_shareable(settings)
    if cluster is not None and settings.repeats == 1 and "data" not in axes:
        raise UserError("--cluster is for --repeats K and --axes data: there is neither")
    logs = None if tensorboard is None else tensorboard / output.name
    for place in filter(None, (output, logs)):
        keep_out_of_data(place, settings)
    with sole_writer(output):
        folder = RunFolder(output)
        if resume and folder.is_whole and not folder.partial.exists():
            return _whole(folder, settings)
        given = folder, settings, axes, logs, others, cluster
        return _compared(*given, overwrite=overwrite, resume=resume)


def _whole(folder: RunFolder, settings: RunSettings) -> Metrics:
    """Return the figures of a run that is whole already.

    Raises:
        UserError: it was made with other settings.
    """
    metrics = read_metrics(folder.final / METRICS)
    made = None if metrics.settings is None else plain(metrics.settings)
    asked = plain(without(settings, metrics.left_out))
    if made != asked:
        changed = sorted(name for name in asked if made is None or made[name] != asked[name])
        raise UserError(
            f"{folder.final}: is whole, and was made with another {', '.join(changed)}; choose "
            "another --output, or --overwrite to replace it"
        )
    folder.tidy()
    CONSOLE.print_line(f"{folder.final}: this run is whole, nothing is left to do")
    return metrics


def _compared(
    folder: RunFolder,
    settings: RunSettings,
    axes: Sequence[str],
    logs: Path | None,
    others: OtherMachines | None,
    cluster: str | None,
    *,
    overwrite: bool,
    resume: bool,
) -> Metrics:
    """Run the comparison, or what is left of it."""
    if settings.device == "gpu":
        in_own_process(_check_device)
    dataset = read_checked(settings)
    if missing := undrawn(dataset.classes):
        CONSOLE.print_line(f"  note: {missing}")
    outside = _outside(dataset, settings)
    if cluster is not None:  # before an hour of training here
        check_cluster(cluster, shared_with_workers(folder.partial, dataset))
    summary = summary_of(dataset)
    decisive = {"settings": settings, "split_sha256": summary.split_sha256}
    folder.open(decisive, overwrite=overwrite, resume=resume)
    absent = left_out(folder, settings)
    settings = without(settings, absent)
    trained, detected, memory = _stages(folder, dataset, settings, logs, others)
    again = train_again(folder, dataset, settings, logs, cluster)
    timed = with_ensemble(dataset, settings, folder.partial, detected)
    scored = score_saved(dataset, settings, folder.partial, detected, outside, on_terminal)
    _write_models_and_pictures(folder.partial, dataset, settings, trained, scored)
    metrics = Metrics(
        dataset=summary,
        environment=runtime.environment(detected.threads),
        settings=settings,
        pipelines=figures_of(settings, trained, detected, memory, scored, again, timed),
        comparison=compared(scored.evaluations, len(dataset.splits["test"])),
        validation=scored.on_validation,
        new_images=scored.on_new_images,
        pace={TIMING: detected.pace, **{f"training {n}": t.pace for n, t in trained.items()}},
        left_out=absent,
        decision=decide(dataset, settings, folder.partial, timed.in_turns, scored.thresholds),
    )
    figures = {name: metrics.pipelines[name] for name in settings.pipelines}
    subject = Subject(folder.partial, dataset, settings, figures, cluster)
    metrics = msgspec.structs.replace(metrics, axes=study(subject, axes))
    metrics = msgspec.structs.replace(metrics, choice=choice(metrics))
    write_metrics(folder.partial / METRICS, metrics)
    report(subject)
    folder.finish()
    return metrics


def _outside(dataset: Dataset, settings: RunSettings) -> Mapping[str, Sequence[Detections]]:
    """Return other tools' detections of the test images, having printed what is odd about them."""
    truth = ground_truth_file(split_truth(dataset, "test"), "ground_truth.json")
    taken = (*settings.pipelines, *ensembles(settings))
    detections, notes = outside_detections(settings.detections, truth, taken)
    for note in notes:
        CONSOLE.print_line(f"  note: {note}")
    return detections


def _stages(
    folder: RunFolder,
    dataset: Dataset,
    settings: RunSettings,
    logs: Path | None,
    others: OtherMachines | None,
) -> tuple[dict[str, TrainingStage], DetectionStage, dict[str, runtime.PeakMemory]]:
    """Train, detect and measure memory, each in a process of its own, each kept when done."""

    def stage(name: str, kind: type[R], work: Callable[..., R], *arguments: object) -> R:
        return folder.stage(name, kind, partial(in_own_process, work, *arguments))

    work, of_run = folder.partial, (dataset, settings)
    names, memory = settings.pipelines, runtime.PeakMemory
    trained = {
        n: stage(
            f"train-{n}",
            TrainingStage,
            train,
            *(n, *of_run, work / "models" / n, logs, together(n, settings, others)),
        )
        for n in names
    }
    detected = stage("detect", DetectionStage, detect_and_time, *of_run, work)
    held = {n: stage(f"memory-{n}", memory, detecting_memory, n, *of_run, work) for n in names}
    return trained, detected, held


def _write_models_and_pictures(
    folder: Path,
    dataset: Dataset,
    settings: RunSettings,
    trained: Mapping[str, TrainingStage],
    scored: Scored,
) -> None:
    """Write each model's operating point and the annotated test images into the folder."""
    for name in settings.pipelines:
        point = scored.evaluations[name].quality.operating_point
        save_operating_point(folder / "models" / name, point)
    models = {name: stage.model for name, stage in trained.items()}
    names = {name: called(name, models.get(name)) for name in scored.detections}
    write_pictures(
        dataset.splits["test"][: settings.annotate],
        {names[name]: each[: settings.annotate] for name, each in scored.detections.items()},
        dataset.classes,
        {names[name]: threshold for name, threshold in scored.thresholds.items()},
        folder / "annotated",
        on_terminal,
    )


def _check_device() -> None:
    runtime.choose_device("gpu")
