"""The tables of the axis for readers: texts by column, where ``metrics.json`` has the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from pipelines.studies.common.figures import with_interval
from pipelines.studies.common.verdict import NEITHER
from pipelines.studies.conditions.corruptions import CORRUPTIONS
from pipelines.studies.conditions.flips import CLEAN
from pipelines.studies.conditions.judging import Comparison
from pipelines.studies.conditions.rows import ConditionRow
from pipelines.studies.conditions.slice_figures import Sliced

UNKNOWN = "–"
Texts = Sequence[Mapping[str, str]]


def condition_table(
    rows: Sequence[ConditionRow], comparisons: Sequence[Comparison], label: str
) -> dict[str, Texts]:
    """Return a row for each condition: every contender's figure and who is ahead for sure."""
    labels = {CLEAN: CLEAN} | {each.name: each.label for each in CORRUPTIONS}
    table: dict[tuple[str, int], dict[str, str]] = {}
    for row in rows:
        key = row.corruption, row.severity
        named = f"{labels[row.corruption]} {row.severity or ''}".strip()
        texts = table.setdefault(key, {"condition": named})
        texts[row.pipeline] = _text(row.value, row.interval_95)
    for (corruption, severity), texts in table.items():
        where = corruption if corruption == CLEAN else f"{corruption}-{severity}"
        texts.update(_ahead(comparisons, where))
    title = f"{label} against severity, corrected for {len(comparisons)} comparisons"
    return {title: list(table.values())} if len(table) > 1 else {}


def slice_table(parts: Sliced, label: str) -> dict[str, Texts]:
    """Return a row for each slice: its images, every contender's figure and who is ahead."""
    table = [
        {
            "slice": row.name,
            "from … to": row.span or UNKNOWN,
            "images": str(row.images),
            "objects": str(row.objects),
            **{name: _text(row.values[name], row.interval_95[name]) for name in row.values},
            **_ahead(parts.comparisons, row.name),
        }
        for row in parts.rows
    ]
    title = f"{label} on parts of the test images"
    if parts.comparisons:
        title += f", corrected for {len(parts.comparisons)} comparisons"
    if parts.withheld:
        title += f"; too few images with objects on {', '.join(parts.withheld)}"
    return {title: table} if table else {}


def _ahead(comparisons: Sequence[Comparison], where: str) -> dict[str, str]:
    """Return the difference of every two there, and who is ahead for sure."""
    texts = {}
    for each in comparisons:
        if each.where == where:
            more = _text(each.difference, each.interval, "+.3f").replace("-", "−")
            ahead = "" if each.ahead == NEITHER else f", {each.ahead} ahead"
            texts[f"{each.first} − {each.second}"] = f"{more}{ahead}"
    return texts


def _text(value: float, ends: tuple[float, float], form: str = ".3f") -> str:
    if isnan(value):
        return UNKNOWN
    if isnan(ends[0]):
        return f"{value:{form}}"
    if form == ".3f":
        return with_interval(value, ends)
    return f"{value:{form}} [{ends[0]:{form}} {ends[1]:{form}}]"
