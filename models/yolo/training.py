"""The training loop: updates by a schedule, phases, a choice on validation, a state on disk."""

from __future__ import annotations

import math
import struct
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from datasets.annotations import LabelledImage
from datasets.progress import Track
from models.errors import TrainingError
from models.yolo.batches import Batch, Prepare, batches, fill_cache
from models.yolo.checkpoint import (
    Checkpoint,
    HistoryRow,
    Progress,
    TrainingState,
    saved_state,
)
from models.yolo.choice import has_levelled_off, is_best
from models.yolo.learner import Learner, Phase
from models.yolo.loss_curve import LossCurve
from models.yolo.losses import Losses
from models.yolo.machines import ALONE, Machines
from models.yolo.scalars import Log, unlogged
from models.yolo.schedule import Plan, TrainingLength, learning_rate
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import chosen_flips
from models.yolo.weights import FlatWeights

Validate = Callable[[keras.Model], float]
_FIGURE = struct.Struct("d")  # as machines give it to each other
NO_LOSSES = Losses(math.nan, math.nan)  # before the first update


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """The chosen network and how it came about.

    Attributes:
        network: with the weights of the best validation figure, or the last ones without figures.
        updates: how many were made.
        flips: the mirrorings that were used.
        history: a row each validation.
        losses: of all updates.
        seconds: from decoded pictures to chosen weights, over all attempts.
        waiting_share: of the seconds, spent waiting for batches.
    """

    network: keras.Model
    updates: int
    flips: frozenset[str]
    history: tuple[HistoryRow, ...]
    losses: LossCurve
    seconds: float
    waiting_share: float


def train_network(
    images: Sequence[LabelledImage],
    class_count: int,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    length: TrainingLength,
    seed: int,
    validate: Validate,
    track: Track,
    checkpoint: Checkpoint,
    is_stopped: Callable[[], bool] = lambda: False,
    learner: Learner | None = None,
    log: Log = unlogged,
    machines: Machines = ALONE,
) -> TrainingResult:
    """Train a new network and return the weights that did best on the validation split.

    The averaged weights are scored ``settings.validations`` times, evenly over the second half
    of training, and a few times before; the best is kept, the later one where two are equal, and
    the last where the figures are nan.
    A backbone that has learnt before is frozen in the first of two phases.

    Args:
        images: the training split.
        class_count: number of classes C.
        input_hw: height and width of the network's input in pixels, multiples of 32.
        settings: of the network.
        length: of the training.
        seed: fixes weights and pictures; sums on several threads still differ in the last digits.
        validate: gives the figure of a network on the validation split, more is better; nan where
            there is nothing to be found.
        track: watches the updates.
        checkpoint: a training whose state is there goes on from it.
        is_stopped: called after each update; once it is true the state is saved.
        learner: of another such training that is over, to compile nothing again; its network then
            is the one that is trained.
        log: takes the losses and the learning rate of each update, and each validation's figure.
        machines: that make the same updates; all call this with the same arguments.

    Raises:
        TrainingError: a loss is not finite; the message names the pictures. Or the backbone's
            weights are not to be had, or another machine has stopped.
        KeyboardInterrupt: it was stopped.
    """
    keras.utils.set_random_seed(seed)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        cache = fill_cache(images, input_hw, Path(folder), track)
        started = time.monotonic()
        if learner is None:
            learner = Learner.of(input_hw, class_count, settings, machines)
        else:
            learner.restart()
        progress, best = Progress(), []
        state = saved_state(machines.from_first(checkpoint.content))
        if state is not None:
            progress, best = state.progress, state.best
        plan = Plan.of(length, len(images), settings, started - progress.seconds)
        samples = [cache.sample(index) for index in range(len(images))]
        flips = chosen_flips(settings.flips, samples, seed)
        make = partial(batches, cache, input_hw, settings, flips, seed, plan.allows_mosaic)
        run = _Run(learner, plan, progress, best, make)
        run.begin(progress.phase)
        if state is not None:
            run.weights.restore(state.weights)
        for number in track(plan.updates(progress.done), run.message, plan.expected):
            batch = run.next_batch(number)
            run.rate = learning_rate(
                number, plan.progress(number), settings.learning_rate, plan.lr_warmup
            )
            run.weights.optimizer.learning_rate.assign(run.rate)
            losses = run.phase.update(*batch.arrays)
            run.losses = Losses(float(losses.classes), float(losses.boxes))
            _check_finite(run.losses, number, batch, images, settings)
            progress.losses.add(*run.losses)
            progress.done = number + 1
            named = {f"loss/{name}": value for name, value in run.losses._asdict().items()}
            log(progress.done, {"learning_rate": run.rate, **named})
            if plan.is_time_to_validate(progress.done, len(progress.history)):
                run.add_validation(validate, log)
            if checkpoint.is_due or is_stopped():
                progress.seconds = run.seconds
                checkpoint.save(TrainingState(progress, run.weights.state(), run.best))
                if is_stopped():
                    raise KeyboardInterrupt
        run.batches.close()
        if not progress.history or progress.history[-1].update < progress.done:
            run.add_validation(validate, log)  # the clock ran out behind the last one
        network = learner.with_weights(run.best)
        seconds = run.seconds
        del samples, cache, make, run.make
    return TrainingResult(
        network=network,
        updates=progress.done,
        flips=flips,
        history=tuple(progress.history),
        losses=progress.losses,
        seconds=seconds,
        waiting_share=progress.waited / seconds,
    )


@dataclass(eq=False)
class _Run:
    """A training while it goes on: what it began with, the best weights and the last update.

    ``make`` yields batches for a phase from an update on, ``batches`` are those of this phase.
    """

    learner: Learner
    plan: Plan
    progress: Progress
    best: list[NDArray[Any]]
    make: Callable[[Prepare, int], Generator[Batch]]
    batches: Generator[Batch] = field(init=False)
    rate: float = math.nan
    losses: Losses = NO_LOSSES

    @property
    def phase(self) -> Phase:
        """Return what learns at the moment."""
        return self.learner.phases[self.progress.phase]

    @property
    def weights(self) -> FlatWeights:
        """Return the weights that learn at the moment."""
        return self.phase.weights

    def begin(self, phase: int) -> None:
        """Begin a phase with the network's averaged weights."""
        network = self.learner.network
        weights = network.get_weights() if phase == 0 else self.weights.averaged()
        self.progress.phase = phase
        self.weights.restart(weights)
        self.batches = self.make(self.phase.prepare, self.progress.done)

    def next_batch(self, number: int) -> Batch:
        """Return the batch of that update, with which the next phase may begin."""
        if self.is_time_for_next_phase(number):
            self.batches.close()
            self.begin(self.progress.phase + 1)
        before = time.monotonic()
        batch = next(self.batches)
        self.progress.waited += time.monotonic() - before
        return batch

    def is_time_for_next_phase(self, number: int) -> bool:
        """Say whether the next phase begins before that update.

        It does once validation has levelled off, and at the latest after the share of training that
        the settings give.
        """
        if self.progress.phase + 1 == len(self.learner.phases):
            return False
        levelled = has_levelled_off([row.validation for row in self.progress.history])
        return levelled or self.plan.progress(number) >= self.plan.settings.frozen

    @property
    def seconds(self) -> float:
        """Return the seconds taken so far, over all attempts."""
        return time.monotonic() - self.plan.started

    def message(self) -> str:
        """Return what the terminal shows of the last update."""
        if math.isnan(self.rate):
            return f"training {self.plan.settings.LABEL}"
        speed = self.plan.settings.batch * self.progress.done / self.seconds
        text = (
            f"{self.plan.settings.LABEL}, loss {self.losses.classes:.2f} + {self.losses.boxes:.2f}"
        )
        text += f", rate {self.rate:.1e}, {speed:.0f} images/s"
        if self.plan.deadline is not None:
            minutes = max(self.plan.deadline - time.monotonic(), 0) / 60
            text = f"{minutes:.1f} minutes left, {text}"
        if self.progress.history:
            text += f", val mAP {self.progress.history[-1].validation:.3f}"
        return text

    def add_validation(self, validate: Validate, log: Log) -> None:
        """Score the averaged weights, note the figure and keep them if they are the best so far."""
        seconds, history, network = self.seconds, self.progress.history, self.learner.network
        own, averaged = network.get_weights(), self.weights.averaged()
        network.set_weights(averaged)
        machines = self.learner.devices.machines
        (figure,) = _FIGURE.unpack(machines.from_first(lambda: _FIGURE.pack(validate(network))))
        network.set_weights(own)
        if is_best([*(row.validation for row in history), figure]):
            self.best = averaged
        classes, boxes = self.losses
        row = HistoryRow(self.progress.done, seconds, self.rate, classes, boxes, figure)
        history.append(row)
        log(self.progress.done, {"validation/map_50_95": figure})


def _check_finite(
    losses: Losses,
    number: int,
    batch: Batch,
    images: Sequence[LabelledImage],
    settings: YoloSettings,
) -> None:
    if all(map(math.isfinite, losses)):
        return
    names = ", ".join(sorted({images[index].name for index in batch.sources}))
    raise TrainingError(
        f"the loss is not finite at update {number + 1}; try a smaller --set "
        f"{settings.PREFIX}learning_rate, or check the pictures it was made of: {names}"
    )
