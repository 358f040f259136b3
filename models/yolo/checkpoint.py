"""The state of a training on disk: whole or not there, and never older than a while."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from datasets.kept_files import forget, keep, kept
from models.yolo.loss_curve import LossCurve
from models.yolo.weights import Arrays

EVERY_SECONDS = 20.0  # between two: what a training that is killed loses at most


class HistoryRow(msgspec.Struct, frozen=True):
    """One validation during training.

    Attributes:
        update: updates made until then.
        seconds: taken until then, over all attempts.
        learning_rate: of the last of the updates.
        loss_classes: its class loss.
        loss_boxes: its box loss.
        validation: the averaged weights' figure on the validation split.
    """

    update: int
    seconds: float
    learning_rate: float
    loss_classes: float
    loss_boxes: float
    validation: float


class Progress(msgspec.Struct):
    """How far a training has come.

    Attributes:
        done: updates made.
        phase: of the training, from 0.
        seconds: taken by earlier attempts.
        waited: seconds spent waiting for batches.
        history: a row each validation.
        losses: of all updates.
    """

    done: int = 0
    phase: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    history: list[HistoryRow] = msgspec.field(default_factory=list)
    losses: LossCurve = msgspec.field(default_factory=LossCurve)


@dataclass(frozen=True, eq=False)
class TrainingState:
    """All that going on with a training needs.

    Attributes:
        progress: how far it has come.
        weights: `FlatWeights.state`.
        best: the chosen weights so far, in the order of ``get_weights``; empty before any.
    """

    progress: Progress
    weights: Arrays
    best: list[NDArray[Any]] = field(default_factory=list)


class Checkpoint:
    """The file of a training's state; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        """Only note the place."""
        self._path = path
        self._last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Say whether `EVERY_SECONDS` have passed since the last."""
        return self._path is not None and time.monotonic() - self._last >= EVERY_SECONDS

    def save(self, state: TrainingState) -> None:
        """Write beside and rename: a crash leaves the one before."""
        if self._path is None:
            return
        progress = np.frombuffer(msgspec.msgpack.encode(state.progress), np.uint8)
        best = {f"best_{number}": array for number, array in enumerate(state.best)}
        content = BytesIO()
        np.savez(content, allow_pickle=False, progress=progress, **state.weights, **best)
        keep(self._path, content.getbuffer())
        self._last = time.monotonic()

    def content(self) -> bytes:
        """Return what `saved_state` reads, nothing if there is none or it is torn."""
        return b"" if self._path is None else kept(self._path) or b""

    def remove(self) -> None:
        """Forget it: the training is over."""
        if self._path is not None:
            forget(self._path)


def saved_state(data: bytes) -> TrainingState | None:
    """Return the state in a checkpoint's content, None if that is nothing."""
    if not data:
        return None
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        named = dict(arrays)
    progress = msgspec.msgpack.decode(named.pop("progress").tobytes(), type=Progress)
    best = [named.pop(f"best_{n}") for n in range(sum(n.startswith("best_") for n in named))]
    return TrainingState(progress, named, best)
