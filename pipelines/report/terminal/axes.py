"""The verdict table: one row an axis, and below it what follows from all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from pipelines.report.rows import UNKNOWN
from pipelines.runs.metrics import AxisResult
from pipelines.system.terminal import Terminal

MOST_LISTED = 6  # names on the terminal


def axes_table(axes: Mapping[str, AxisResult]) -> Table:
    """Return the table of axes, with a line for each contender's answer.

    A column for each would leave none of them readable on 80 characters.
    """
    names = list(dict.fromkeys(name for result in axes.values() for name in result.answers))
    title = "Classical or deep, by axis (95 % intervals in brackets)"
    table = Table("axis", "question, answers and whom they favour", title=title, show_lines=True)
    for axis, result in axes.items():
        answers = (f"{name}: {result.answers.get(name, UNKNOWN)}" for name in names)
        favours = f"favours {result.favours} ({result.sureness})"
        table.add_row(axis, escape("\n".join([result.question, *answers, favours])))
    return table


def further_tables(result: AxisResult) -> Iterator[Table]:
    """Give the tables that an axis has besides its cells."""
    for title, rows in result.tables.items():
        columns = dict.fromkeys(name for row in rows for name in row)
        table = Table(title=escape(title))
        for name in columns:
            # Wide enough for its longest word: a name that is cut off is none.
            texts = (row.get(name, UNKNOWN) for row in rows)
            longest = max((len(word) for text in texts for word in text.split()), default=1)
            table.add_column(escape(name), min_width=longest)
        for row in rows:
            table.add_row(*(escape(row.get(name, UNKNOWN)) for name in columns))
        yield table


def listed(names: Sequence[str]) -> str:
    """Return the first of many names and how many more there are."""
    more = len(names) - MOST_LISTED
    first = ", ".join(names[:MOST_LISTED])
    return f"{first} and {more} more, which metrics.json names" if more > 0 else first


def print_axes(axes: Mapping[str, AxisResult], choice: str) -> None:
    """Print the table, each verdict in its sentence, what was left out, and the choice."""
    console = Terminal(highlight=False)
    console.print(axes_table(axes))
    for axis, result in axes.items():
        console.print(f"{axis}: {result.verdict}", markup=False)
        for table in further_tables(result):
            console.print(table)
        if result.left_out:
            console.print(
                f"  left out for the time budget: {listed(result.left_out)}", markup=False
            )
    console.print(f"\n{choice}", markup=False)
