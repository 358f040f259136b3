"""Progress on the terminal, with time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich import progress as bars
from rich.console import Console

from datasets.progress import Description

T = TypeVar("T")
CONSOLE = Console(stderr=True, highlight=False)  # for what is not a result


def on_terminal(items: Iterable[T], description: Description, total: int) -> Iterator[T]:
    """Loop over ``items`` with a bar, their number, the time taken and the time left."""
    columns = (
        *(bars.TextColumn("{task.description:<22}"), bars.BarColumn(), bars.MofNCompleteColumn()),
        *(bars.TimeElapsedColumn(), bars.TextColumn("left"), bars.TimeRemainingColumn()),
    )
    with bars.Progress(*columns, console=CONSOLE) as progress:
        task = progress.add_task(_now(description), total=total)
        for item in items:
            yield item
            progress.update(task, advance=1, description=_now(description))


def _now(description: Description) -> str:
    return description if isinstance(description, str) else description()
