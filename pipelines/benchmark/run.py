"""The main job: the same images through every pipeline, one evaluator, one folder of results.

Reading, training, detection and timing, scoring, drawing: one after the other, each finished step
kept so that a run that was cut off goes on behind it. Only this file writes ``metrics.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from datasets.tfds import PREFIX as TFDS
from pipelines.benchmark.detect import detect_and_time, detecting_memory
from pipelines.benchmark.score import (
    MEASURED_HERE,
    grabcut_share,
    outside_detections,
    score_saved,
    truth_of,
)
from pipelines.benchmark.train import train
from pipelines.report.images.write import write_pictures
from pipelines.report.wording import called
from pipelines.runs.data import CONSOLE, described, keep_out_of_data, read_checked
from pipelines.runs.folder import METRICS, SCHEMA_VERSION, RunFolder
from pipelines.runs.model_folder import save_operating_point
from pipelines.settings import RunSettings
from pipelines.studies.common.verdict import choice
from pipelines.studies.study import DEFAULT, pipelines_missing, study
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.files import write_json
from pipelines.system.processes import in_own_process
from pipelines.system.progress import on_terminal


def default_output(settings: RunSettings) -> Path:
    """Return ``runs/<dataset name>`` below the current folder."""
    if settings.dataset.startswith(TFDS):
        return Path("runs") / settings.dataset.removeprefix(TFDS).replace("/", "-")
    return Path("runs") / (Path(settings.dataset).resolve().name or "dataset")


def compare(
    settings: RunSettings,
    output: Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    axes: Sequence[str] = DEFAULT,
    tensorboard: Path | None = None,
) -> dict[str, Any]:
    """Run the whole comparison into ``output`` and return what its ``metrics.json`` holds.

    With ``tensorboard`` YOLO's training is logged in a folder of the run's name there.

    Raises:
        DatasetError: the data can't be used.
        TrainingError: a pipeline can't be trained on this data.
        UserError: there is no such device, the folder or another tool's detections can't be used,
            or a step was killed.
    """
    folder = RunFolder(output)
    if resume and folder.is_whole and not folder.partial.exists():
        CONSOLE.print(f"{output}: this run is whole, nothing is left to do")
        metrics: dict[str, Any] = json.loads((output / METRICS).read_text(encoding="utf-8"))
        return metrics
    if settings.device == "gpu":
        in_own_process(_check_device, settings.device)
    dataset = read_checked(settings)
    keep_out_of_data(output, settings)
    logs = None if tensorboard is None else tensorboard / output.name
    if logs is not None:
        keep_out_of_data(logs, settings)
    outside, notes = outside_detections(settings.detections, truth_of(dataset), settings.pipelines)
    for note in notes:
        CONSOLE.print(f"  note: {note}", markup=False)
    data = described(dataset)
    chosen = {"settings": asdict(settings), "split_sha256": data["split_sha256"]}
    folder.open(chosen, overwrite=overwrite, resume=resume)
    trained = {
        name: folder.stage(
            f"train-{name}",
            partial(
                in_own_process,
                train,
                name,
                dataset,
                settings,
                folder.partial / "models" / name,
                logs,
            ),
        )
        for name in settings.pipelines
    }
    detected = folder.stage(
        "detect", partial(in_own_process, detect_and_time, dataset, settings, folder.partial)
    )
    memory = {
        name: folder.stage(
            f"memory-{name}",
            partial(in_own_process, detecting_memory, name, dataset, settings, folder.partial),
        )
        for name in settings.pipelines
    }
    scored = score_saved(
        dataset, settings, folder.partial, detected["reaches"], outside, on_terminal
    )
    for name in settings.pipelines:
        point = scored.quality[name]["operating_point"]
        save_operating_point(folder.partial / "models" / name, point)
    names = {name: called(name, trained.get(name)) for name in scored.detections}
    write_pictures(
        dataset.splits["test"][: settings.annotate],
        {names[name]: found[: settings.annotate] for name, found in scored.detections.items()},
        dataset.classes,
        {names[name]: threshold for name, threshold in scored.thresholds.items()},
        folder.partial / "annotated",
        on_terminal,
    )
    metrics = {
        "schema_version": SCHEMA_VERSION,
        "dataset": data,
        "environment": runtime.environment(detected["threads"]),
        "settings": asdict(settings),
        "pipelines": {
            name: {
                "quality": quality,
                **_measured(name, trained, detected, memory),
                **grabcut_share(
                    [image.annotations for image in dataset.splits["test"]],
                    scored.detections[name],
                    scored.thresholds[name],
                    detected["from_grabcut"].get(name),
                ),
            }
            for name, quality in scored.quality.items()
        },
        "comparison": scored.comparison,
    }
    metrics |= _studied(axes, Subject(folder.partial, dataset, settings, metrics["pipelines"]))
    write_json(folder.partial / METRICS, metrics)
    from pipelines.report.run_page.page import write_report  # with matplotlib, which takes its time

    tested = {image.name: image.path for image in dataset.splits["test"]}
    write_report(folder.partial, tested, on_terminal)
    folder.finish()
    return metrics


def _studied(axes: Sequence[str], subject: Subject) -> dict[str, Any]:
    """Return ``axes`` and the ``choice`` that follows from them, none without both pipelines."""
    if axes and pipelines_missing(subject.settings.pipelines):
        CONSOLE.print(f"  note: {pipelines_missing(subject.settings.pipelines)}", markup=False)
        axes = ()
    found = study(subject, axes)
    return {"axes": found, "choice": choice(found)}


def _measured(
    name: str,
    trained: Mapping[str, dict[str, Any]],
    detected: Mapping[str, Any],
    memory: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return what training and timing gave; null for detections that another tool made."""
    if name not in trained:
        return dict.fromkeys(MEASURED_HERE)
    return {
        **trained[name],
        "latency_ms": detected["latency_ms"][name],
        "throughput": detected["throughput"][name],
        "memory_mb": {**trained[name]["memory_mb"], **memory[name]},
    }


def _check_device(wish: str) -> None:
    runtime.choose_device(wish)
