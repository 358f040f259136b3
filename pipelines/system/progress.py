"""Progress on the terminal, with time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from datasets.progress import Description

T = TypeVar("T")
CONSOLE = Console(stderr=True, highlight=False)  # for what is not a result


def on_terminal(items: Iterable[T], description: Description, total: int) -> Iterator[T]:
    """Loop over ``items`` with a bar, their number, the time taken and the time left."""
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=CONSOLE) as progress:
        task = progress.add_task(_now(description), total=total)
        for item in items:
            yield item
            progress.update(task, advance=1, description=_now(description))


def _now(description: Description) -> str:
    return description if isinstance(description, str) else description()
