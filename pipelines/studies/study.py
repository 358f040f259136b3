"""Study a run along the axes asked for, each in a process of its own, within so many minutes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets.errors import UserError
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.verdict import AXES, as_json
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.processes import in_own_process

DEFAULT = ("approach", "time")  # cheap enough for every run
MINUTES = 30.0  # that all of them may take, where nobody says
RESERVED = 0.03  # of them: for opening the run, its report, and cells that take longer
# In this order, the cheap ones first; each may take its part of what is left of the budget, so
# that the last takes all that the others left.
ORDER = ("approach", "time", "hardware", "interpretability", "features", "data")
PARTS = {
    "approach": 2.0,
    "time": 1.0,
    "hardware": 4.0,
    "interpretability": 5.0,
    "features": 5.0,
    "data": 22.0,
}
PLACE, KEPT = "axes", "cells"  # folders: of the plots in the run's, of the cells in that one


def chosen_axes(text: str) -> tuple[str, ...]:
    """Return the axes of ``data,hardware``, ``all`` or ``none``.

    Raises:
        UserError: there is no such axis.
    """
    if text in {"all", "none"}:
        return AXES if text == "all" else ()
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in AXES:
            raise UserError(f"--axes: there is no {name!r}; choose of {', '.join(AXES)}, or all")
    return tuple(name for name in AXES if name in names)


def study(
    subject: Subject, axes: Sequence[str], minutes: float = MINUTES
) -> dict[str, dict[str, Any]]:
    """Return what the axes gave, as ``metrics.json`` has it, and leave their plots in the run.

    Cells that were measured before are taken from the run's ``axes/cells``, and with them what
    each axis was allowed, so that a study that goes on is the one that was begun.

    Args:
        subject: the run.
        axes: names of `AXES`.
        minutes: all of them may take together; those that would take more leave cells out.
    """
    left, found = (1 - RESERVED) * 60 * minutes, {}
    waiting = [name for name in ORDER if name in axes]
    for name in list(waiting):
        seconds = max(left, 0.0) * PARTS[name] / sum(PARTS[other] for other in waiting)
        started = time.monotonic()
        found[name] = in_own_process(study_one, name, subject, minutes, seconds)
        left -= max(time.monotonic() - started, found[name]["seconds"])
        waiting.remove(name)
    return {name: found[name] for name in AXES if name in found}


def study_one(name: str, subject: Subject, minutes: float, seconds: float) -> dict[str, Any]:
    """Study one axis in this process and draw it.

    Args:
        name: of the axis.
        subject: the run.
        minutes: of all axes together.
        seconds: of this one, if it was not begun before within as many minutes.
    """
    runtime.set_threads(runtime.usable_cores())
    module = importlib.import_module(f"pipelines.studies.{name}.study")
    cells = begun(subject.folder / PLACE / KEPT / name, minutes, seconds)
    result = module.study(subject, cells)
    from pipelines.studies.common.plots import save

    save(module.draw(result), subject.folder / PLACE, name)
    return {
        **as_json(result),
        "left_out": list(cells.left_out),
        "seconds": cells.spent,
        "budget_minutes": minutes,
    }


def begun(folder: Path, minutes: float, seconds: float) -> Cells:
    """Return the cells of an axis with what it was allowed when it began within those minutes."""
    cells = Cells(folder, seconds)
    allowed = cells.get(f"within-{minutes:g}-minutes", lambda: {"seconds": seconds})
    if allowed is not None:
        cells.seconds = allowed["seconds"]
    return cells


def pipelines_missing(names: Mapping[str, Any] | Sequence[str]) -> str:
    """Return why a run with those pipelines can't be studied, or nothing."""
    missing = [name for name in ("classical", "yolo") if name not in names]
    return f"axes compare both pipelines, and this run has no {missing[0]}" if missing else ""
