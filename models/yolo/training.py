"""The training loop: updates by a schedule, a choice on validation, a standing on disk."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from datasets.annotations import LabelledImage
from datasets.progress import Track
from models.errors import TrainingError
from models.yolo.batches import Batch, batches, fill_cache
from models.yolo.checkpoint import Checkpoint, Standing
from models.yolo.learner import Learner
from models.yolo.loss_curve import LossCurve
from models.yolo.scalars import Log, unlogged
from models.yolo.schedule import Amount, Plan, learning_rate
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import chosen_flips
from models.yolo.weights import FlatWeights

Validate = Callable[[keras.Model], float]


@dataclass(frozen=True, eq=False)
class Trained:
    """The chosen network and how it came about.

    Attributes:
        network: with the weights of the best validation figure.
        updates: how many were made.
        flips: the mirrorings that were used.
        history: one entry a validation: update, seconds, loss parts, learning rate, figure.
        losses: of all updates.
        seconds: from decoded pictures to chosen weights, over all attempts.
        waiting_share: of the seconds, spent waiting for batches.
    """

    network: keras.Model
    updates: int
    flips: frozenset[str]
    history: tuple[dict[str, float], ...]
    losses: LossCurve
    seconds: float
    waiting_share: float


@dataclass
class Course:
    """How far a training has come; with the weights, all that going on needs.

    Attributes:
        done: updates made.
        seconds: taken by earlier attempts.
        waited: seconds spent waiting for batches.
        history: see `Trained`.
        losses: see `Trained`.
        best: the chosen weights so far.
        said: the present losses and rate in words, for the terminal.
    """

    done: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    losses: LossCurve = field(default_factory=LossCurve)
    best: list[Any] = field(default_factory=list)
    said: str = "training YOLO"


def train_network(
    images: Sequence[LabelledImage],
    class_count: int,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    amount: Amount,
    seed: int,
    validate: Validate,
    track: Track,
    checkpoint: Checkpoint,
    is_stopped: Callable[[], bool] = lambda: False,
    learner: Learner | None = None,
    log: Log = unlogged,
) -> Trained:
    """Train from scratch and return the weights that did best on the validation split.

    The averaged weights are scored ``settings.validations`` times, evenly over the second half
    of training, and a few times before; the best is kept, the later one where two are equal.

    Args:
        images: the training split.
        class_count: number of classes C.
        input_hw: the network's input, multiples of 32.
        settings: see `YoloSettings`.
        amount: how long.
        seed: fixes weights and pictures; sums on several threads still differ in the last digits.
        validate: gives the figure of a network on the validation split, more is better.
        track: watches the updates.
        checkpoint: a training whose standing is there goes on from it.
        is_stopped: asked after each update; once it is true the standing is saved.
        learner: of another such training that is over, to compile nothing again; its network then
            is the one that is trained.
        log: told the losses and the learning rate of each update, and each validation's figure.

    Raises:
        TrainingError: a loss is not finite; the message names the pictures. Or the backbone's
            weights are not to be had.
        KeyboardInterrupt: it was stopped.
    """
    keras.utils.set_random_seed(seed)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        cache = fill_cache(images, input_hw, Path(folder), track)
        started = time.monotonic()
        if learner is None:
            learner = Learner.of(input_hw, class_count, settings)
        else:
            learner.restart()
        if learner.devices.several_machines and amount.minutes is not None:
            raise TrainingError("machines whose clocks differ need updates or epochs, not minutes")
        weights, update = learner.weights, learner.update
        course = _resumed(checkpoint, weights)
        started -= course.seconds
        plan = Plan.of(amount, len(images), settings, started)
        samples = [cache.sample(index) for index in range(len(images))]
        flips = chosen_flips(settings.flips, samples, seed)
        made = batches(cache, input_hw, settings, flips, seed, plan.allows_mosaic, course.done)
        for number in track(plan.updates(course.done), lambda: course.said, plan.expected):
            before = time.monotonic()
            batch = next(made)
            course.waited += time.monotonic() - before
            rate = learning_rate(
                number, plan.progress(number), settings.learning_rate, plan.lr_warmup
            )
            weights.optimizer.learning_rate.assign(rate)
            losses = update(batch.pictures, batch.boxes, batch.labels, batch.real)
            parts = {"loss_classes": float(losses.classes), "loss_boxes": float(losses.boxes)}
            _check_finite(parts, number, batch, images)
            course.losses.add(*parts.values())
            course.done = number + 1
            speed = settings.batch * course.done / (time.monotonic() - started)
            course.said = _in_words(course, parts, rate, speed, plan)
            log(course.done, {"learning_rate": rate, **_named(parts)})
            if plan.is_time_to_validate(course.done, len(course.history)):
                entry = {"update": course.done, "seconds": time.monotonic() - started}
                entry |= {"learning_rate": rate, **parts}
                _validate(weights, validate, course, entry)
                log(course.done, {"validation/map_50_95": course.history[-1]["validation"]})
            if checkpoint.is_due or is_stopped():
                checkpoint.save(_standing(course, weights, time.monotonic() - started))
                if is_stopped():
                    raise KeyboardInterrupt
        made.close()
        if not course.history:  # the clock ran out before the first
            entry = {"update": course.done, "seconds": time.monotonic() - started}
            _validate(weights, validate, course, entry | {"learning_rate": rate, **parts})
            log(course.done, {"validation/map_50_95": course.history[-1]["validation"]})
        network = learner.with_weights(course.best)
        seconds = time.monotonic() - started
        del samples, cache
    share = course.waited / seconds
    return Trained(
        network, course.done, flips, tuple(course.history), course.losses, seconds, share
    )


def _validate(
    weights: FlatWeights, validate: Validate, course: Course, entry: dict[str, float]
) -> None:
    """Score the averaged weights, note the figure and keep them if they are the best so far."""
    network = weights.network
    own, averaged = network.get_weights(), weights.averaged()
    network.set_weights(averaged)
    figure = validate(network)
    network.set_weights(own)
    if all(figure >= before["validation"] for before in course.history):
        course.best = averaged
    course.history.append({**entry, "validation": figure})


def _named(losses: dict[str, float]) -> dict[str, float]:
    """Return losses by the names that TensorBoard shows together."""
    return {name.replace("loss_", "loss/"): value for name, value in losses.items()}


def _check_finite(
    losses: dict[str, float], number: int, batch: Batch, images: Sequence[LabelledImage]
) -> None:
    if all(math.isfinite(value) for value in losses.values()):
        return
    names = ", ".join(sorted({images[index].name for index in batch.sources}))
    raise TrainingError(
        f"the loss is not finite at update {number + 1}; try a smaller --set "
        f"yolo.learning_rate, or look at the pictures it was made of: {names}"
    )


def _in_words(
    course: Course, losses: dict[str, float], rate: float, speed: float, plan: Plan
) -> str:
    said = f"YOLO, loss {losses['loss_classes']:.2f} + {losses['loss_boxes']:.2f}"
    said += f", rate {rate:.1e}, {speed:.0f} images/s"
    if plan.deadline is not None:
        minutes = max(plan.deadline - time.monotonic(), 0) / 60
        said = f"{minutes:.1f} minutes left, {said}"
    if course.history:
        said += f", val mAP {course.history[-1]['validation']:.3f}"
    return said


def _standing(course: Course, weights: FlatWeights, seconds: float) -> Standing:
    progress = {
        "done": course.done,
        "seconds": seconds,
        "waited": course.waited,
        "history": course.history,
        "losses": asdict(course.losses),
    }
    return Standing(progress, weights.state(), course.best)


def _resumed(checkpoint: Checkpoint, weights: FlatWeights) -> Course:
    standing = checkpoint.load()
    if standing is None:
        return Course()
    weights.restore(standing.weights)
    losses = LossCurve(**standing.progress.get("losses", {}))
    return Course(**{**standing.progress, "losses": losses}, best=standing.best)
