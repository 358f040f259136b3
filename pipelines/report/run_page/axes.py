"""The axes a run was studied along: of each its result, its plot and a table of its cells."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.regular_files import content
from pipelines.report.rows import UNKNOWN
from pipelines.runs.compare import flat
from pipelines.runs.folder import AXES
from pipelines.runs.metrics import AxisResult

MOST_COLUMNS, MOST_ROWS = 12, 200  # of the cells in a page; metrics.json has all
LONGEST_LIST = 3  # longer ones are given as their length
Columns = tuple[str, ...]
Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class AxisSection:
    """One axis as the page shows it.

    Attributes:
        plot: as the ``src`` of an image; empty for none.
        rows: the cells measured, a text for each of the columns.
        more: how many cells are left out.
        tables: further ones by title, each with its columns and rows.
    """

    name: str
    result: AxisResult
    plot: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int
    tables: tuple[tuple[str, Columns, Rows], ...] = ()


def axis_sections(axes: Mapping[str, AxisResult], run: Path) -> list[AxisSection]:
    """Return the axes that were studied, in their order."""
    return [
        AxisSection(
            name,
            result,
            _as_source(run / AXES / f"{name}.svg"),
            *_cells(result.cells[:MOST_ROWS]),
            max(len(result.cells) - MOST_ROWS, 0),
            tuple((title, *_texts(rows[:MOST_ROWS])) for title, rows in result.tables.items()),
        )
        for name, result in axes.items()
    ]


def slices(axes: Mapping[str, AxisResult]) -> dict[str, tuple[int, ...]]:
    """Return the slices of the test images that axes made: the places of each one's images."""
    return {
        str(each["name"]): tuple(each["places"])
        for result in axes.values()
        for each in result.figures.get("slices", ())
    }


def _cells(cells: Sequence[Mapping[str, object]]) -> tuple[Columns, Rows]:
    rows = [{name: _text(value) for name, value in flat(cell)} for cell in cells]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))[:MOST_COLUMNS]
    return columns, tuple(tuple(row.get(name, UNKNOWN) for name in columns) for row in rows)


def _texts(rows: Sequence[Mapping[str, str]]) -> tuple[Columns, Rows]:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return columns, tuple(tuple(row.get(name, UNKNOWN) for name in columns) for row in rows)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        shown = len(value) <= LONGEST_LIST
        return (", ".join(map(_text, value)) if shown else f"{len(value)} values") or UNKNOWN
    if value is None:
        return UNKNOWN
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("_", " ")


def _as_source(plot: Path) -> str:
    """Return an SVG file so that an ``<img>`` shows it: there it runs no script."""
    if not plot.is_file():
        return ""
    return f"data:image/svg+xml;base64,{b64encode(content(plot)).decode('ascii')}"
