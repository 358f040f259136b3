"""Several runs as tables for the terminal and a page, from the same cells."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from pipelines.report.rows import COSTS, HEADLINE, UNKNOWN, shown
from pipelines.report.wording import called
from pipelines.runs.compare import RunComparison, figure_of

PLOTTED = {figure: HEADLINE[figure] for figure in ("map_50", "map_50_95")}


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


def figure_rows(comparison: RunComparison, detector: str) -> list[tuple[str, list[Cell]]]:
    """Return labels and cells of one detector's figures and costs; empty rows are left out."""
    metrics = [run.metrics for run in comparison.runs.values()]
    classes = dict.fromkeys(name for each in metrics for name in each.dataset.classes)
    named = HEADLINE | {f"per_class.{name}.ap_50": f"  AP@.50 {name}" for name in classes}
    rows = [
        (label, [_quality(comparison, run, detector, figure) for run in comparison.runs])
        for figure, label in named.items()
    ]
    figures = [each.pipelines.get(detector) for each in metrics]
    rows += [(cost.label, _costs([cost.of(each) for each in figures], cost.form)) for cost in COSTS]
    return [row for row in rows if any(cell.value != UNKNOWN for cell in row[1])]


def headings(comparison: RunComparison, detector: str) -> list[str]:
    """Return what the detector of each run is called."""
    figures = {name: run.metrics.pipelines.get(detector) for name, run in comparison.runs.items()}
    return [called(name, each.model if each else None) for name, each in figures.items()]


def runs_tables(comparison: RunComparison) -> Iterator[Table]:
    """Give the tables of the terminal: what changed, then each detector's figures."""
    changes = {"settings": comparison.settings, "data and machine": comparison.facts}
    for title, rows in changes.items():
        if rows:
            table = _table(f"what differs in {title}", list(comparison.runs))
            for name, values in rows.items():
                table.add_row(escape(name), *map(escape, texts(values)))
            yield table
    for detector in comparison.detectors:
        table = _table(detector, headings(comparison, detector))
        for label, cells in figure_rows(comparison, detector):
            table.add_row(escape(label), *(escape(_joined(cell)) for cell in cells))
        yield table


def texts(values: Sequence[object]) -> list[str]:
    """Return the values of a setting as they are shown."""
    return [
        each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in values
    ]


def pairing(comparison: RunComparison) -> str:
    """Return in a sentence on which images the runs are compared with the baseline."""
    kinds = {change.is_paired for change in comparison.changes.values() if change is not None}
    if not kinds:
        return "No run has its detections beside it, so no difference is judged."
    if kinds == {True}:
        return "All runs were tested on the same images: differences are paired, image by image."
    if kinds == {False}:
        return (
            "The runs were tested on other images than the baseline: differences hold the sampling "
            "error of both test splits, and their intervals are wide."
        )
    return (
        "Some runs were tested on the baseline's images and are paired with it, others were not "
        "and have wide intervals."
    )


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=escape(title))
    table.add_column("")
    for place, name in enumerate(names):
        table.add_column(escape(name) + ("" if place else " (baseline)"), justify="right")
    return table


def _joined(cell: Cell) -> str:
    return f"{cell.value}\n{cell.change} {cell.verdict}".strip()


def _quality(comparison: RunComparison, run: str, detector: str, figure: str) -> Cell:
    value, interval = figure_of(comparison.runs[run], detector, figure)
    if math.isnan(value):
        return Cell(UNKNOWN)
    shown = _shown(value, interval, ".3f")
    change = comparison.changes.get((run, detector))
    known = change.differences.get(figure) if change is not None else None
    if known is None or math.isnan(known.difference):
        return Cell(shown)
    difference = _shown(known.difference, known.interval_95, "+.3f")
    return Cell(shown, difference, known.verdict.replace("_", " "))


def _shown(value: float, interval: tuple[float, float], form: str) -> str:
    low, high = interval
    return f"{value:{form}}" + ("" if math.isnan(low) else f" [{low:{form}} {high:{form}}]")


def _costs(values: Sequence[float], form: str) -> list[Cell]:
    """Return a cost of each run; of those after the baseline how many times the baseline's."""
    base = values[0]
    changes = [f"× {each / base:.2f}" if each > 0 and base > 0 else "" for each in values[1:]]
    texts = [shown(each, form) for each in values]
    return [Cell(text, change) for text, change in zip(texts, ["", *changes], strict=True)]
