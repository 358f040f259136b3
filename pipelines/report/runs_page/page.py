"""Several runs as tables for the terminal and as one page that needs nothing else.

Both show the same cells: what changed, and what came of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan
from pathlib import Path

import jinja2
from rich.markup import escape
from rich.table import Table

from datasets.regular_files import opened
from pipelines.report.rows import COSTS, HEADLINE, UNKNOWN, shown
from pipelines.report.wording import called
from pipelines.runs.compare import RunComparison, figure_of

TEMPLATE = "runs.html.j2"
GENERATOR = '<meta name="generator" content="classical-or-deep compare_runs">'
PLOT_PX = 420  # width of a plot's scale
PLOTTED = ("map_50", "map_50_95")


@dataclass(frozen=True)
class Cell:
    """One figure of one run in words, with its interval, its change and a verdict on that.

    The baseline has no change; a verdict is ``better``, ``worse``, ``cannot tell`` or empty.
    """

    value: str
    change: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Mark:
    """A figure with its interval as a dot on a line, in pixels of the plot."""

    run: str
    value: str
    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Plot:
    """One figure of all runs on one scale."""

    label: str
    marks: tuple[Mark, ...]
    least: float
    most: float


def runs_tables(comparison: RunComparison) -> Iterator[Table]:
    """Give the tables of the terminal: what changed, then each detector's figures."""
    changes = {"settings": comparison.settings, "data and machine": comparison.facts}
    for title, rows in changes.items():
        if rows:
            table = _table(f"what differs in {title}", list(comparison.runs))
            for name, values in rows.items():
                table.add_row(escape(name), *map(escape, map(_text, values)))
            yield table
    for detector in comparison.detectors:
        table = _table(detector, _headings(comparison, detector))
        for label, cells in _figure_rows(comparison, detector):
            texts = (f"{each.value}\n{each.change} {each.verdict}".strip() for each in cells)
            table.add_row(escape(label), *map(escape, texts))
        yield table


def runs_page(comparison: RunComparison, gate: Sequence[str] = ()) -> str:
    """Return the page; ``gate`` says how each figure came out at the gate, if one was asked."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        generator=GENERATOR,
        runs=list(comparison.runs),
        settings={name: [*map(_text, each)] for name, each in comparison.settings.items()},
        facts={name: [*map(_text, each)] for name, each in comparison.facts.items()},
        detectors=[
            (
                name,
                [plot for figure in PLOTTED if (plot := _plot(comparison, name, figure))],
                _figure_rows(comparison, name),
                _headings(comparison, name),
            )
            for name in comparison.detectors
        ],
        pairing=pairing(comparison),
        gate=gate,
        plot_px=PLOT_PX,
    )


def is_page(path: Path) -> bool:
    """Say whether a file is an earlier page of this kind."""
    try:
        with opened(path) as stream:
            return GENERATOR.encode() in stream.read(1000)
    except OSError:
        return False


def pairing(comparison: RunComparison) -> str:
    """Return in a sentence on which images the runs are compared with the baseline."""
    changes = [change for change in comparison.changes.values() if change is not None]
    kinds = {change.is_paired for change in changes}
    if not kinds:
        return "No run has its detections beside it, so no difference is judged."
    known = [each for change in changes for each in change.differences.values()]
    if all(each.trainings > 1 for each in known):
        return f"{_paired(kinds)} Intervals hold other trainings as well as other test images."
    return f"{_paired(kinds)} Another training is not in intervals of what was trained once."


def _paired(kinds: Collection[bool]) -> str:
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


def _figure_rows(comparison: RunComparison, detector: str) -> list[tuple[str, list[Cell]]]:
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


def _headings(comparison: RunComparison, detector: str) -> list[str]:
    """Return what the detector of each run is called."""
    figures = {name: run.metrics.pipelines.get(detector) for name, run in comparison.runs.items()}
    return [called(name, each.model if each else None) for name, each in figures.items()]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table("", title=escape(title))
    for place, name in enumerate(names):
        table.add_column(escape(name) + ("" if place else " (baseline)"), justify="right")
    return table


def _quality(comparison: RunComparison, run: str, detector: str, figure: str) -> Cell:
    value, interval = figure_of(comparison.runs[run], detector, figure)
    if isnan(value):
        return Cell(UNKNOWN)
    change = comparison.changes.get((run, detector))
    known = change.differences.get(figure) if change is not None else None
    if known is None or isnan(known.difference):
        return Cell(_spanned(value, interval, ".3f"))
    difference = _spanned(known.difference, known.interval_95, "+.3f")
    return Cell(_spanned(value, interval, ".3f"), difference, known.verdict.replace("_", " "))


def _spanned(value: float, interval: tuple[float, float], form: str) -> str:
    low, high = interval
    return f"{value:{form}}" + ("" if isnan(low) else f" [{low:{form}} {high:{form}}]")


def _costs(values: Sequence[float], form: str) -> list[Cell]:
    """Return a cost of each run; of those after the baseline how many times the baseline's."""
    base, *others = values
    changes = [f"× {each / base:.2f}" if each > 0 and base > 0 else "" for each in others]
    return [
        Cell(shown(value, form), change)
        for value, change in zip(values, ["", *changes], strict=True)
    ]


def _plot(comparison: RunComparison, detector: str, figure: str) -> Plot | None:
    """Return the plot of a figure, None where no run has it."""
    runs = zip(_headings(comparison, detector), comparison.runs.values(), strict=True)
    known = [(heading, *figure_of(run, detector, figure)) for heading, run in runs]
    known = [row for row in known if not isnan(row[1])]
    ends = [end for _, value, span in known for end in (value, *span) if not isnan(end)]
    if not ends:
        return None
    least = max(0.0, floor(min(ends) * 20 - 0.2) / 20)  # on a twentieth, with some room
    most = min(1.0, ceil(max(ends) * 20 + 0.2) / 20)

    def place(value: float) -> float:
        return round(PLOT_PX * (value - least) / max(most - least, 0.05), 1)

    marks = [
        Mark(run, f"{x:.3f}", place(x), *(place(x if isnan(end) else end) for end in span))
        for run, x, span in known
    ]
    return Plot(HEADLINE[figure], tuple(marks), least, most)
