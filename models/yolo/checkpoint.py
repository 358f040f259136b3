"""Where a training stands, on disk: whole or not there, and never older than a while."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.yolo.weights import Arrays

EVERY_SECONDS = 20.0  # between two: what a training that is killed loses at most


@dataclass(frozen=True, eq=False)
class Standing:
    """A training in the middle.

    Attributes:
        progress: plain numbers, as JSON has them.
        weights: `FlatWeights.state`.
        best: the chosen weights so far, in the order of ``get_weights``; empty before any.
    """

    progress: Mapping[str, Any]
    weights: Arrays
    best: list[Any] = field(default_factory=list)


class Checkpoint:
    """The file of a training's standing; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        """Only note the place."""
        self._path = path
        self._last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Say whether `EVERY_SECONDS` have passed since the last."""
        return self._path is not None and time.monotonic() - self._last >= EVERY_SECONDS

    def save(self, standing: Standing) -> None:
        """Write beside and rename: a crash leaves the one before."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"writing-{self._path.name}")
        arrays: dict[str, Any] = {"progress": np.array(json.dumps(standing.progress))}
        arrays |= standing.weights
        arrays |= {f"best_{number}": array for number, array in enumerate(standing.best)}
        with beside.open("wb") as stream:
            np.savez(stream, **arrays)
        beside.replace(self._path)
        self._last = time.monotonic()

    def load(self) -> Standing | None:
        """Return the standing kept there, None if there is none."""
        if self._path is None or not self._path.is_file():
            return None
        with np.load(self._path, allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
        best = [named[f"best_{n}"] for n in range(sum(n.startswith("best_") for n in named))]
        weights = {name: array for name, array in named.items() if name.startswith("variable_")}
        return Standing(json.loads(str(named["progress"])), weights, best)

    def remove(self) -> None:
        """Forget it: the training is over."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
