"""A finished run opened again to be studied: its data read once more, its figures added to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.checked_settings import from_json
from datasets.errors import UserError
from datasets.splits import split_sha256
from pipelines.runs.data import read_checked
from pipelines.runs.folder import METRICS
from pipelines.settings import RunSettings
from pipelines.studies.common.verdict import choice
from pipelines.studies.study import KEPT, PLACE, pipelines_missing, study
from pipelines.studies.subject import Subject
from pipelines.system.files import write_json
from pipelines.system.progress import on_terminal


def read_metrics(folder: Path) -> dict[str, Any]:
    """Return a finished run's ``metrics.json``.

    Raises:
        UserError: there is none.
    """
    path = folder / METRICS
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{folder}: is no finished run ({METRICS} can't be read); give the folder that "
            "scripts/compare_detection.py made"
        ) from error
    if not isinstance(metrics, dict) or not {"settings", "dataset", "pipelines"} <= set(metrics):
        raise UserError(f"{path}: is no run's; give the folder of a finished comparison")
    return metrics


def open_run(folder: Path, metrics: dict[str, Any]) -> Subject:
    """Return a finished run to be studied, its data read and held to what it was made of.

    Raises:
        DatasetError: the data can't be read any more.
        UserError: the run lacks a pipeline, or the data has changed since.
    """
    try:
        settings = from_json(RunSettings, metrics["settings"])
    except UserError as error:
        raise UserError(f"{folder / METRICS}: {error}") from error
    reason = pipelines_missing(settings.pipelines)
    if reason:
        raise UserError(f"{folder}: {reason}; repeat the comparison with both")
    for name in settings.pipelines:
        if not (folder / "models" / name).is_dir():
            raise UserError(f"{folder / 'models' / name}: is not there; repeat the comparison")
    dataset = read_checked(settings)
    if split_sha256(dataset.splits) != metrics["dataset"]["split_sha256"]:
        raise UserError(
            f"{settings.dataset}: is not as it was when {folder} was made; repeat the comparison"
        )
    return Subject(folder, dataset, settings, metrics["pipelines"])


def add_axes(
    folder: Path, axes: Sequence[str], minutes: float, *, overwrite: bool, resume: bool
) -> dict[str, Any]:
    """Study a finished run, add ``axes`` to its ``metrics.json`` and its report.

    What was studied within as many minutes is kept as it is; within fewer, what it left out for
    the time is added to it.

    Returns:
        all that ``metrics.json`` then holds.

    Raises:
        DatasetError: the data can't be read any more.
        UserError: the folder can't be used, or holds a study that was cut off.
    """
    metrics = read_metrics(folder)
    present = dict(metrics.get("axes") or {})
    kept = folder / PLACE / KEPT
    begun = [name for name in axes if (kept / name).is_dir() and name not in present]
    if overwrite:
        for name in axes:
            shutil.rmtree(kept / name, ignore_errors=True)
    elif begun and not resume:
        raise UserError(
            f"{folder}: the study of {', '.join(begun)} was cut off; add --resume to keep what is "
            "measured or --overwrite to measure anew"
        )
    wanted = [
        name
        for name in axes
        if overwrite or name not in present or present[name].get("budget_minutes", 0) < minutes
    ]
    if wanted:
        subject = open_run(folder, metrics)
        present |= study(subject, wanted, minutes)
        metrics["axes"], metrics["choice"] = present, choice(present)
        write_json(folder / METRICS, metrics)
        report_again(subject)
    return metrics


def report_again(subject: Subject) -> None:
    """Write the run's report from what its ``metrics.json`` holds now."""
    from pipelines.report.run_page.page import write_report  # with matplotlib, which takes its time

    tested = {image.name: image.path for image in subject.dataset.splits["test"]}
    write_report(subject.folder, tested, on_terminal)
