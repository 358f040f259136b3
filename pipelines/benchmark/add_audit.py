"""A finished run's labels audited: by what it has detected already, or by trainings on folds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Literal, NamedTuple

from datasets.errors import UserError
from pipelines.audit.effect import Effect, effect_on, write_effect
from pipelines.audit.files import write_audit
from pipelines.audit.find import find
from pipelines.audit.fold_trainings import by_split, cells_of, costs_of, found_in_folds
from pipelines.audit.folds import folds
from pipelines.audit.reading import AUDIT, FOUND
from pipelines.audit.suspicion import Audit
from pipelines.audit.witnesses import Found, Witnessed, kept_detections, witnessed
from pipelines.benchmark.add_axes import report
from pipelines.runs.data import keep_out_of_data
from pipelines.runs.finished import FinishedRun, Subject, open_run, with_data
from pipelines.runs.folder import CELLS
from pipelines.runs.metrics import Metrics
from pipelines.system.files import check_output
from pipelines.system.output_lock import sole_writer
from pipelines.system.progress import on_terminal


class Asked(NamedTuple):
    """What is audited how.

    Attributes:
        folds: how many trainings each contender has, so that every image is audited; 0 to audit
            those that the run's own trainings have not seen.
        minutes: that the trainings may take, None for all they need.
        device: that networks are trained on, None for the run's.
        cluster: address of a Dask cluster that trains, None for this machine.
    """

    folds: int = 0
    minutes: float | None = None
    device: Literal["auto", "cpu", "gpu"] | None = None
    cluster: str | None = None


class Audited(NamedTuple):
    """What an audit of a run found and what that would change, and where its files are.

    ``left_out`` are trainings there was no time for.
    """

    metrics: Metrics
    audit: Audit
    effect: Effect
    folder: Path
    left_out: tuple[str, ...]


def add_audit(
    path: Path,
    asked: Asked,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
) -> Audited:
    """Audit the labels of a finished run's set and write what was found.

    The files are in ``output``, by default the run's folder ``audit``. What trainings found stays
    there: with ``resume`` only those are trained that are not done. Decisions that were saved there
    stay as well.

    Raises:
        DatasetError: the data can't be read any more.
        TrainingError: a contender can't be trained without a fold.
        UserError: the run or the folder can't be used, holds an audit or one that was cut off, or
            there was no time for a single fold.
    """
    run = open_run(path)
    folder = run.folder / AUDIT if output is None else output
    keep_out_of_data(folder, run.settings)
    _check(folder, overwrite=overwrite, resume=resume)
    with sole_writer(run.folder if output is None else folder):
        _check(folder, overwrite=overwrite, resume=resume)  # as the last one left it
        if overwrite:
            shutil.rmtree(folder / CELLS, ignore_errors=True)
        return _audited(run, asked, folder)


def _check(folder: Path, *, overwrite: bool, resume: bool) -> None:
    """Refuse a folder that holds something else, or what is neither replaced nor gone on with.

    Raises:
        UserError: it does.
    """
    is_whole, is_begun = (folder / FOUND).is_file(), (folder / CELLS).is_dir()
    if is_begun and not is_whole and not (overwrite or resume):
        raise UserError(
            f"{folder}: the audit was cut off; add --resume to keep what is trained or --overwrite "
            "to train again"
        )
    check_output(folder, "audit", lambda _: is_whole or is_begun, overwrite=overwrite or resume)


def _audited(run: FinishedRun, asked: Asked, folder: Path) -> Audited:
    subject = with_data(run)
    left_out: tuple[str, ...] = ()
    if asked.folds:
        found, given, left_out = _by_folds(subject, asked, folder)
    else:
        found = kept_detections(run, subject.dataset)
        given = witnessed(subject.dataset, found)
    audit = audit_of(given, subject.dataset.name, run.metrics.dataset.split_sha256, asked.folds)
    write_audit(folder, audit)
    effect = show(run, subject, folder, audit, found)
    return Audited(run.metrics, audit, effect, folder, left_out)


def audit_of(given: Witnessed, name: str, split_sha256: str, count: int) -> Audit:
    """Return the audit of images, of the set of that name, with so many trainings on folds."""
    found = find(given)
    splits = [each.split for each in given.images]
    return Audit(
        dataset=name,
        classes=given.classes,
        split_sha256=split_sha256,
        contenders=given.names,
        images={split: splits.count(split) for split in dict.fromkeys(splits)},
        folds=count,
        suspicions=found.suspicions,
        alike_classes=found.alike_classes,
    )


def _by_folds(
    subject: Subject, asked: Asked, folder: Path
) -> tuple[Found, Witnessed, tuple[str, ...]]:
    """Train on folds; return what was found in which images, and what there was no time for."""
    settings = subject.settings
    divided = folds(subject.dataset, asked.folds, settings.seed)
    settings = replace(settings, device=asked.device or settings.device)
    seconds = inf if asked.minutes is None else 60 * asked.minutes
    cells = cells_of(folder / CELLS, subject.dataset, asked.folds, settings, seconds)
    costs = costs_of(subject.figures, divided)
    trained = found_in_folds(divided, settings, cells, costs, on_terminal, asked.cluster)
    found, images = by_split(subject.dataset, trained)
    if not images or len(found) < len(settings.pipelines):
        raise UserError(
            f"--budget-minutes {asked.minutes:g}: is too little for one fold; give more, what was "
            "trained is kept for --resume"
        )
    return found, witnessed(subject.dataset, found, images), tuple(cells.left_out)


def show(run: FinishedRun, subject: Subject, folder: Path, audit: Audit, found: Found) -> Effect:
    """Write what a person looks at, the audit's page and the run's report; return the effect.

    It is that on the run's figures of ignoring what is more likely wrong than not.
    """
    from pipelines.report.audit_page.page import write_audit_page  # with all that pages need

    effect = effect_on(run, audit)
    write_effect(folder, effect)
    write_audit_page(folder, run.metrics, audit, subject.dataset, found, effect, on_terminal)
    if folder == run.folder / AUDIT:
        report(subject)
    return effect
