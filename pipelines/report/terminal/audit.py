"""What an audit of labels and their correction print."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from pipelines.audit.apply import CHANGES, Applied
from pipelines.audit.effect import Effect
from pipelines.report.effect_rows import effect_shown
from pipelines.report.rows import Figure
from pipelines.runs.metrics import Metrics

MOST_LISTED = 20  # changes; the file of them has all


def applied_lines(done: Applied, form: str, output: Path) -> Iterator[str]:
    """Yield what to print of a corrected copy in that form, and where it is."""
    yield from done.changes[:MOST_LISTED]
    if len(done.changes) > MOST_LISTED:
        yield f"and {len(done.changes) - MOST_LISTED} more, in {CHANGES}"
    yield from done.lost
    count = len(done.changes)
    yield (
        f"{output}: {done.images} images and {done.boxes} boxes as {form}, "
        f"{count} correction{'s' * (count != 1)}, in {CHANGES}"
    )


def effect_text(metrics: Metrics, effect: Effect) -> Iterator[RenderableType]:
    """Yield what to print of what corrected labels would change; the run's figures stay."""
    shown = effect_shown(metrics, effect)
    if not shown.rows:
        yield escape(shown.sentence)
        return
    table = Table("", title="what it would change", caption=escape(shown.sentence))
    table.add_column("")
    for heading in ("today", shown.heading, "more"):
        table.add_column(heading, justify="right")
    before = ""
    for row in shown.rows:
        name = "" if row.detector == before else escape(row.detector)
        table.add_row(name, escape(row.figure), *map(_text, (row.today, row.then)), row.more)
        before = row.detector
    yield table
    for when, verdict in zip(("today", "then"), shown.verdicts, strict=True):
        yield f"{when}: {escape(verdict)}"


def _text(figure: Figure) -> str:
    if isnan(figure.low):
        return figure.text
    return escape(f"{figure.text} [{figure.low:.3f} {figure.high:.3f}]")
