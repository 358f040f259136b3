"""Study a run along the axes asked for, each in a process of its own, within so many minutes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path

from datasets.errors import UserError
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.runs.folder import AXES as PLOTS
from pipelines.runs.folder import CELLS
from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.axes import AXES, NAMES
from pipelines.studies.common.verdict import axis_result
from pipelines.system import runtime
from pipelines.system.processes import in_own_process

MINUTES = 30.0  # that all of them may take, unless another number is given
RESERVED = 0.03  # of them: for opening the run, its report, and cells that take longer


def chosen_axes(text: str) -> tuple[str, ...]:
    """Return the axes of ``data,hardware``, ``all`` or ``none``.

    Raises:
        UserError: there is no such axis.
    """
    if text in {"all", "none"}:
        return NAMES if text == "all" else ()
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in NAMES:
            raise UserError(f"--axes: there is no {name!r}; choose of {', '.join(NAMES)}, or all")
    return tuple(name for name in NAMES if name in names)


def study(subject: Subject, axes: Sequence[str], minutes: float = MINUTES) -> dict[str, AxisResult]:
    """Return what the axes gave, and leave their plots in the run.

    Cells that were measured before are taken from the run's ``axes/cells``, and with them what
    each axis was allowed, so that a study that goes on is the one that was begun. Cheap axes come
    first: each may take its part of what is left of the time, so that the last takes all that the
    others left.

    Those that would take more than the minutes for all of them together leave cells out.
    """
    left, results = (1 - RESERVED) * 60 * minutes, {}
    waiting = sorted((axis for axis in AXES if axis.name in axes), key=lambda axis: axis.part)
    while waiting:
        share = waiting[0].part / sum(axis.part for axis in waiting)
        name, started = waiting.pop(0).name, time.monotonic()
        seconds = max(left, 0.0) * share
        results[name] = in_own_process(study_one, name, subject, minutes, seconds)
        left -= max(time.monotonic() - started, results[name].seconds)
    return {name: results[name] for name in NAMES if name in results}


def study_one(name: str, subject: Subject, minutes: float, seconds: float) -> AxisResult:
    """Study one axis in this process and draw it.

    It may take the seconds, if it was not begun before within as many minutes for all.
    """
    runtime.set_threads(runtime.usable_cores())
    module = importlib.import_module(f"pipelines.studies.{name}.study")
    cells = begun(subject.folder / PLOTS / CELLS / name, minutes, seconds)
    result = module.study(subject, cells)
    from pipelines.studies.common.plots import save

    save(module.draw(result), subject.folder / PLOTS, name)
    return axis_result(result, cells, minutes)


def begun(folder: Path, minutes: float, seconds: float) -> Cells:
    """Return the cells of an axis with what it was allowed when it began within those minutes."""
    cells = Cells(folder, seconds)
    cells.seconds = cells.get(f"within-{minutes:g}-minutes", float, lambda: seconds) or seconds
    return cells
