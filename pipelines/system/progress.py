"""Progress on the terminal, with time left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich import progress as bars
from rich.table import Column

from datasets.progress import Description
from pipelines.system.terminal import Terminal

T = TypeVar("T")
BAR_WIDTH = 12  # characters: on 80, half of the line is left to say what goes on
LINE_SECONDS = 30.0  # from one line to the next in a file, where no bar can move
CONSOLE = Terminal(stderr=True, highlight=False)  # for what is not a result


def on_terminal(items: Iterable[T], description: Description, total: int) -> Iterator[T]:
    """Loop over ``items`` with a bar, their number, the time taken and the time left.

    A ``total`` of 0 is one that nobody knows. Where a line is too short for all of it, what goes on
    folds and the figures stay whole. Where the output goes to a file, the bar as it is then is
    written every half minute.
    """
    whole = Column(no_wrap=True)
    columns = (
        bars.TextColumn("{task.description:<22}", table_column=Column()),
        bars.BarColumn(BAR_WIDTH, table_column=whole.copy()),
        bars.MofNCompleteColumn(table_column=whole.copy()),
        bars.TimeElapsedColumn(table_column=whole.copy()),
        bars.TextColumn("left", table_column=whole.copy()),
        bars.TimeRemainingColumn(table_column=whole.copy()),
    )
    with bars.Progress(*columns, console=CONSOLE) as progress:
        task = progress.add_task(_now(description), total=total or None)
        written = time.monotonic()
        for item in items:
            yield item
            progress.update(task, advance=1, description=_now(description))
            if not CONSOLE.is_terminal and time.monotonic() - written > LINE_SECONDS:
                CONSOLE.print(progress.make_tasks_table(progress.tasks))
                written = time.monotonic()


def _now(description: Description) -> str:
    return description if isinstance(description, str) else description()
