"""Measured pieces of something long, kept on disk one by one, within a number of seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.kept_files import keep, kept
from pipelines.evaluation import undefined
from pipelines.runs.folder import reading_kept

R = TypeVar("R")


class _Kept(msgspec.Struct):
    """What a cell's file holds."""

    seconds: float
    result: msgspec.Raw


class Cells:
    """The cells of one study or audit: one that was measured is never measured again.

    What a kept cell took counts as spent, so that one that goes on leaves out what one that
    was not cut off would have left out.

    Attributes:
        seconds: all may take.
        spent: by its cells so far, kept ones included.
        left_out: names of cells there was no time for.
    """

    def __init__(
        self, folder: Path, seconds: float = inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Only note the place, where each cell is ``<name>.json``."""
        self.folder, self.seconds = folder, seconds
        self.spent = 0.0
        self.left_out: list[str] = []
        self._clock = clock

    def get(
        self, name: str, kind: type[R], work: Callable[[], R], expected: float = 0.0
    ) -> R | None:
        """Return what a cell gave: kept, or measured now, or None if there is no time for it.

        The name is a file's, and JSON can hold what the work returns; it will take the seconds
        ``expected``.
        """
        before = self.kept(name, kind)
        if before is not None:
            return before
        if not self.allows(expected):
            self.left_out.append(name)
            return None
        started = self._clock()
        result = work()
        self.keep(name, self._clock() - started, result)
        return result

    def kept(self, name: str, kind: type[R]) -> R | None:
        """Return what a cell gave earlier, or None; what it took is spent.

        Raises:
            UserError: its file can't be read.
        """
        path = self.folder / f"{name}.json"
        with reading_kept(path):
            if (data := kept(path)) is None:
                return None
            cell = msgspec.json.decode(data, type=_Kept)
            result = undefined.decode(bytes(cell.result), kind)
        self.spent += cell.seconds
        return result

    def keep(self, name: str, seconds: float, result: object) -> None:
        """Keep what a cell gave, and what it took."""
        cell = _Kept(seconds, msgspec.Raw(undefined.encode(result)))
        keep(self.folder / f"{name}.json", msgspec.json.encode(cell))
        self.spent += seconds

    def allows(self, expected: float) -> bool:
        """Say whether there is time for so many seconds more."""
        return self.spent + expected <= self.seconds
