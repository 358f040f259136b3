"""The verdict table: one row an axis, and below it what follows from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

MOST_LISTED = 6  # names on the terminal


def axes_table(axes: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the table of ``axes`` as ``metrics.json`` has them."""
    table = Table(title="Classical or deep, by axis (95 % intervals in brackets)")
    for heading in ("axis", "question", "classical", "YOLO", "favours", "how sure"):
        table.add_column(heading)
    for name, row in axes.items():
        table.add_row(
            name,
            escape(row["question"]),
            escape(row["answers"]["classical"]),
            escape(row["answers"]["yolo"]),
            row["favours"],
            row["sureness"],
        )
    return table


def listed(names: Sequence[str]) -> str:
    """Return the first of many names and how many more there are."""
    more = len(names) - MOST_LISTED
    first = ", ".join(names[:MOST_LISTED])
    return f"{first} and {more} more, which metrics.json names" if more > 0 else first


def print_axes(axes: Mapping[str, Mapping[str, Any]], choice: str) -> None:
    """Print the table, each verdict in its sentence, what was left out, and the choice."""
    console = Console(highlight=False)
    console.print(axes_table(axes))
    for name, row in axes.items():
        console.print(f"{name}: {row['verdict']}", markup=False)
        if row["left_out"]:
            console.print(
                f"  left out for the time budget: {listed(row['left_out'])}", markup=False
            )
    console.print(f"\n{choice}", markup=False)
