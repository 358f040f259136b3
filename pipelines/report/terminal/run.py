"""The closing tables: all detectors side by side, every figure as ``metrics.json`` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan

from rich.markup import escape
from rich.table import Table

from pipelines.report.rows import (
    UNKNOWN,
    Figure,
    TableRow,
    class_figures,
    convention_rows,
    cost_rows,
    headings,
    headline,
    loss_rows,
    pairs,
    quality_rows,
)
from pipelines.report.verdict import row_worths
from pipelines.runs.metrics import Metrics


def closing_tables(metrics: Metrics) -> Iterator[Table]:
    """Give what a run ends with: figures, verdicts, where mAP and objects are lost, conventions."""
    yield closing_table(metrics)
    if len(metrics.comparison) > 1:
        yield verdict_table(metrics)
    yield losses_table(metrics)
    yield conventions_table(metrics)


def closing_table(metrics: Metrics) -> Table:
    """Return the table of a run's figures; one that does not exist is a dash.

    With two detectors the last column says what the difference is worth.
    """
    test = metrics.dataset.splits["test"]
    most = max(detector.quality.max_detections for detector in metrics.pipelines.values())
    table = _table(
        metrics,
        f"{escape(metrics.dataset.name)}: {test.images} test images, {test.boxes} boxes",
        f"{_machine(metrics)}\n95 % intervals in brackets, by bootstrap over the images; "
        f"at most {most} detections of a class count in an image",
    )
    is_pair = len(metrics.comparison) == 1
    if is_pair:
        table.add_column(*_pair_headings(metrics))
    for row in _quality(metrics):
        worths = _worths(metrics, row) if is_pair else []
        table.add_row(row.label, *map(_with_interval, row.figures), *worths)
    _add_section(table, cost_rows(metrics))
    return table


def verdict_table(metrics: Metrics) -> Table:
    """Return what each difference between two of several detectors is worth."""
    table = Table("", *_pair_headings(metrics), title="differences, two by two")
    for row in _quality(metrics):
        table.add_row(row.label, *_worths(metrics, row))
    return table


def losses_table(metrics: Metrics) -> Table:
    """Return what each kind of mistake costs, and why objects are not found."""
    table = _table(
        metrics,
        "what is lost, and where",
        "cost: how much mAP@.50 would rise without that kind of mistake (TIDE); "
        "objects not found at the score best for F1, and what each stage could still reach",
    )
    for group, label in (
        ("errors", "cost of {}"),
        ("lost", "objects {}"),
        ("recall_ceiling", "recall after {}"),
    ):
        _add_section(table, loss_rows(metrics, group), label)
    return table


def conventions_table(metrics: Metrics) -> Table:
    """Return the same detections under every convention, and in a line why they differ."""
    table = _table(metrics, "mAP@.50 of the same detections by convention")
    table.add_column("why it differs")
    for row in convention_rows(metrics):
        table.add_row(row.label, *(figure.text for figure in row.figures), row.note)
    return table


def _table(metrics: Metrics, title: str, caption: str | None = None) -> Table:
    """Return a table with a column for each detector."""
    table = Table("", title=title, caption=caption)
    for name in headings(metrics).values():
        table.add_column(name, justify="right")
    return table


def _add_section(table: Table, rows: Iterable[TableRow], label: str = "{}") -> None:
    table.add_section()
    for row in rows:
        table.add_row(label.format(row.label), *(figure.text for figure in row.figures))


def _pair_headings(metrics: Metrics) -> list[str]:
    called = headings(metrics)
    return [f"{called[first]} against {called[second]}" for first, second in pairs(metrics)]


def _worths(metrics: Metrics, row: TableRow) -> list[str]:
    """Return what differences are worth, never only which figure is larger."""
    return [
        UNKNOWN if worth is None else f"{worth.word}\n{worth.span}"
        for worth in row_worths(metrics, row)
    ]


def _quality(metrics: Metrics) -> list[TableRow]:
    """Return the rows of quality, mAP@.50 with each class's AP below it first."""
    (first, label), *rest = headline(metrics).items()
    classes = {
        figure: f"  AP@.50 {escape(name)}" for figure, name in class_figures(metrics).items()
    }
    return quality_rows(metrics, {first: label, **classes, **dict(rest)})


def _with_interval(figure: Figure) -> str:
    known = not isnan(figure.low)
    return f"{figure.text}\n[{figure.low:.3f} {figure.high:.3f}]" if known else figure.text


def _machine(metrics: Metrics) -> str:
    environment = metrics.environment
    used = {
        name: detector.latency_ms.device
        for name, detector in metrics.pipelines.items()
        if detector.latency_ms is not None
    }
    if not used:
        return f"{environment.cores} cores"
    devices = ", ".join(f"{name} on {device}" for name, device in used.items())
    if len(set(used.values())) == 1:
        devices = next(iter(used.values()))
    threads = ", ".join(
        f"{library} {count}" for library, count in environment.threads.items() if count
    )
    return f"timed on {devices}; {environment.cores} cores; threads: {threads}"
