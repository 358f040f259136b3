"""Several runs as tables for the terminal and a page, from the same cells."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from pipelines.evaluation.figures import at
from pipelines.evaluation.significance import Difference
from pipelines.report.terminal.run import COSTS, HEADLINE, UNKNOWN
from pipelines.report.wording import called
from pipelines.runs.compare import Changed, Run, RunComparison, figure_of


@dataclass(frozen=True)
class Cell:
    """One figure of one run in words.

    Attributes:
        value: with its interval.
        change: against the baseline, empty for the baseline itself.
        verdict: ``better``, ``worse``, ``cannot tell`` or empty.
    """

    value: str
    change: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Row:
    """One figure of all runs."""

    label: str
    cells: tuple[Cell, ...]


def figure_rows(told: RunComparison, pipeline: str) -> list[Row]:
    """Return the figures of quality and the costs of one pipeline; empty rows are left out."""
    classes = dict.fromkeys(name for run in told.runs for name in run.metrics["dataset"]["classes"])
    named = [*HEADLINE.items(), *((f"per_class.{c}.ap_50", f"  AP@.50 {c}") for c in classes)]
    rows = [
        Row(label, tuple(_quality(told, run, pipeline, figure) for run in told.runs))
        for figure, label in named
    ]
    rows += [
        Row(label, tuple(_cost(told.runs[0], run, pipeline, path, form) for run in told.runs))
        for label, path, form in COSTS
    ]
    return [row for row in rows if any(cell.value != UNKNOWN for cell in row.cells)]


def runs_tables(told: RunComparison) -> Iterator[Table]:
    """Give the tables of the terminal: what changed, then each pipeline's figures."""
    names = [run.name + (" (baseline)" if run is told.baseline else "") for run in told.runs]
    for title, rows in (("settings", told.settings), ("data and machine", told.facts)):
        if rows:
            table = _table(f"what differs in {title}", names)
            for row in rows:
                table.add_row(escape(row.name), *(escape(text) for text in texts(row)))
            yield table
    for pipeline in told.pipelines:
        parts = [run.metrics["pipelines"].get(pipeline) for run in told.runs]
        table = _table(pipeline, [called(n, part) for n, part in zip(names, parts, strict=True)])
        for line in figure_rows(told, pipeline):
            table.add_row(escape(line.label), *(escape(_joined(cell)) for cell in line.cells))
        yield table


def texts(row: Changed) -> list[str]:
    """Return the values of a setting as they are shown."""
    return [
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in row.values
    ]


def pairing(told: RunComparison) -> str:
    """Return in a sentence on which images the runs are held against the baseline."""
    changes = [change for change in told.changes.values() if change is not None]
    if not changes:
        return "No run has its detections beside it, so no difference is judged."
    kinds = {change.is_paired for change in changes}
    if kinds == {True}:
        return "All runs were tested on the same images: differences are paired, image by image."
    if kinds == {False}:
        return (
            "The runs were tested on other images than the baseline: differences hold the luck "
            "of both test splits, and their intervals are wide."
        )
    return (
        "Some runs were tested on the baseline's images and are paired with it, others were not "
        "and have wide intervals."
    )


def _table(title: str, names: list[str]) -> Table:
    table = Table(title=escape(title))
    table.add_column("")
    for name in names:
        table.add_column(escape(name), justify="right")
    return table


def _joined(cell: Cell) -> str:
    return "\n".join(
        text for text in (cell.value, " ".join((cell.change, cell.verdict)).strip()) if text
    )


def _quality(told: RunComparison, run: Run, pipeline: str, figure: str) -> Cell:
    value, (low, high) = figure_of(run, pipeline, figure)
    if math.isnan(value):
        return Cell(UNKNOWN)
    shown = f"{value:.3f}" + ("" if math.isnan(low) else f" [{low:.3f} {high:.3f}]")
    change = told.changes.get((run.name, pipeline))
    if change is None or figure not in change.differences:
        return Cell(shown)
    return Cell(shown, *_difference(change.differences[figure]))


def _difference(known: Difference) -> tuple[str, str]:
    """Return a difference with its interval, and the verdict."""
    if math.isnan(known.difference):
        return "", ""
    low, high = known.interval_95
    span = "" if math.isnan(low) else f" [{low:+.3f} {high:+.3f}]"
    return f"{known.difference:+.3f}{span}", known.verdict.replace("_", " ")


def _cost(baseline: Run, run: Run, pipeline: str, path: tuple[str, ...], form: str) -> Cell:
    old, new = (at(each.metrics["pipelines"].get(pipeline), path) for each in (baseline, run))
    if new is None:
        return Cell(UNKNOWN)
    shown = form.format(new)
    return Cell(shown) if run is baseline or not old else Cell(shown, f"× {new / old:.2f}")
