"""Measured pieces of a study, kept on disk one by one, within a number of seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from pipelines.run_folder import write_json


class Cells:
    """The cells of one study: a cell that was measured is never measured again.

    What a kept cell took counts as spent, so that a study that goes on leaves out what one that
    was not cut off would have left out.

    Attributes:
        seconds: the study may take.
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
        self, name: str, work: Callable[[], dict[str, Any]], expected: float = 0.0
    ) -> dict[str, Any] | None:
        """Return what a cell gave: kept, or measured now, or None if there is no time for it.

        Args:
            name: of the cell, a file name.
            work: measures it; gives what JSON can hold.
            expected: seconds it will take.
        """
        path = self.folder / f"{name}.json"
        if path.is_file():
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        elif not self.allows(expected):
            self.left_out.append(name)
            return None
        else:
            started = self._clock()
            result = work()
            kept = {"seconds": self._clock() - started, "result": result}
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(path, kept)
        self.spent += kept["seconds"]
        told: dict[str, Any] = kept["result"]
        return told

    def allows(self, expected: float) -> bool:
        """Say whether there is time for so many seconds more."""
        return self.spent + expected <= self.seconds
