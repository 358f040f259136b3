"""What an audit of labels and their correction print."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from pipelines.audit.effect import Effect
from pipelines.report.effect_rows import effect_shown
from pipelines.report.rows import Figure
from pipelines.runs.metrics import Metrics


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
