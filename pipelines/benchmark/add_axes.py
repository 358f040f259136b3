"""A finished run studied along more axes: its figures added to, its report written again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from datasets.errors import UserError
from pipelines.runs.finished import Subject, open_run, with_data
from pipelines.runs.folder import AXES, CELLS
from pipelines.runs.metrics import METRICS, Metrics, write_metrics
from pipelines.studies.common.choice import choice
from pipelines.studies.study import study
from pipelines.system.output_lock import sole_writer
from pipelines.system.progress import on_terminal


class Studied(NamedTuple):
    """What ``metrics.json`` holds after a study, and the axes that were kept as they were."""

    metrics: Metrics
    kept: tuple[str, ...]


def add_axes(
    folder: Path,
    axes: Sequence[str],
    minutes: float,
    *,
    overwrite: bool,
    resume: bool,
    cluster: str | None = None,
) -> Studied:
    """Study a finished run along ``axes`` and write its report again.

    What was studied within as many minutes is kept as it is; within fewer, what it left out for
    the time is added to it. With the address of a Dask cluster that does the trainings of the
    axis ``data``.

    Raises:
        DatasetError: the data can't be read any more.
        UserError: the folder can't be used, or holds a study that was cut off.
    """
    with sole_writer(folder):
        return _added(folder, axes, minutes, cluster, overwrite=overwrite, resume=resume)


def _added(
    folder: Path,
    axes: Sequence[str],
    minutes: float,
    cluster: str | None,
    *,
    overwrite: bool,
    resume: bool,
) -> Studied:
    run = open_run(folder)
    present = dict(run.metrics.axes)
    kept = folder / AXES / CELLS
    begun = [name for name in axes if (kept / name).is_dir() and name not in present]
    if overwrite:
        for name in axes:
            shutil.rmtree(kept / name, ignore_errors=True)
    elif begun and not resume:
        raise UserError(
            f"{folder}: the study of {', '.join(begun)} was cut off; add --resume to keep what is "
            "measured or --overwrite to measure again"
        )
    wanted = [
        name
        for name in axes
        if overwrite or name not in present or present[name].budget_minutes < minutes
    ]
    unchanged = tuple(name for name in axes if name not in wanted)
    if not wanted:
        return Studied(run.metrics, unchanged)
    subject = replace(with_data(run), cluster=cluster)
    present |= study(subject, wanted, minutes)
    metrics = msgspec.structs.replace(run.metrics, axes=present)
    metrics = msgspec.structs.replace(metrics, choice=choice(metrics))
    write_metrics(folder / METRICS, metrics)
    report(subject)
    return Studied(metrics, unchanged)


def report(subject: Subject) -> None:
    """Write a run's report from what its ``metrics.json`` holds."""
    from pipelines.report.run_page.page import write_report  # with matplotlib, which takes its time

    splits = subject.dataset.splits.values()
    images = {image.name: image.path for split in splits for image in split}
    write_report(subject.folder, images, on_terminal)
