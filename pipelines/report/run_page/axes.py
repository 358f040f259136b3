"""What a run's studies have found, as far as there are any: a verdict, a plot and cells an axis."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.evaluation.undefined import plain
from pipelines.report.run_page.tables import flat
from pipelines.report.terminal.run import UNKNOWN

MOST_COLUMNS, MOST_ROWS = 12, 200  # of the cells told in a page; metrics.json has all
FOLDER = "axes"


@dataclass(frozen=True)
class Axis:
    """One axis of the comparison.

    Attributes:
        name: as ``data`` or ``time``.
        verdict: a sentence; empty for none.
        favours: the pipeline it speaks for.
        sureness: how surely, in words.
        plot: as the ``src`` of an image; empty for none.
        columns: names of what its cells hold.
        rows: the cells, a text for each of the columns.
        more: how many cells are not told.
    """

    name: str
    verdict: str
    favours: str
    sureness: str
    plot: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def measured_axes(metrics: Mapping[str, Any], run: Path) -> list[Axis]:
    """Return the axes that ``metrics.json`` tells of, in its order; none where it has none."""
    axes = metrics.get("axes")
    if not isinstance(axes, Mapping):
        return []
    return [
        _axis(str(name), told, run / FOLDER / f"{name}.svg")
        for name, told in axes.items()
        if isinstance(told, Mapping)
    ]


def _axis(name: str, told: Mapping[str, Any], plot: Path) -> Axis:
    columns, rows = _cells(told.get("cells"))
    return Axis(
        name=name,
        verdict=_text(told.get("verdict"), ""),
        favours=_text(told.get("favours")),
        sureness=_text(told.get("sureness")),
        plot=_as_source(plot),
        columns=columns,
        rows=rows[:MOST_ROWS],
        more=max(len(rows) - MOST_ROWS, 0),
    )


def _cells(cells: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the columns and rows of cells, which are objects in a list or by name."""
    if isinstance(cells, Mapping):
        listed = [
            {"": name, **(cell if isinstance(cell, Mapping) else {"value": cell})}
            for name, cell in cells.items()
        ]
    elif isinstance(cells, Sequence) and not isinstance(cells, str):
        listed = [dict(cell) for cell in cells if isinstance(cell, Mapping)]
    else:
        listed = []
    rows = [dict(flat(_short(cell))) for cell in listed]
    columns = tuple(dict.fromkeys(key for row in rows for key in row))[:MOST_COLUMNS]
    return columns, tuple(tuple(row.get(key, UNKNOWN) for key in columns) for row in rows)


def _short(value: Any) -> Any:
    """Return the values with four figures, and long lists as their length."""
    if isinstance(value, Mapping):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value] if len(value) <= 3 else f"{len(value)} values"
    return _text(value) if isinstance(value, float) else value


def _text(value: Any, unknown: str = UNKNOWN) -> str:
    value = plain(value)
    if value is None:
        return unknown
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("_", " ")


def _as_source(plot: Path) -> str:
    """Return an SVG file so that an ``<img>`` shows it: there it runs no script."""
    if not plot.is_file():
        return ""
    return f"data:image/svg+xml;base64,{b64encode(plot.read_bytes()).decode('ascii')}"
