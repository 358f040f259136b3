"""The training loop: one compiled step, a schedule, and a choice made on the validation split."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from datasets.annotations import LabelledImage
from datasets.progress import Track
from models.errors import TrainingError
from models.yolo.assigner import assign
from models.yolo.batches import batches, fill_cache
from models.yolo.decoding import grid_points
from models.yolo.distances import decode_boxes
from models.yolo.losses import Losses, detection_losses
from models.yolo.network import build_network
from models.yolo.schedule import Amount, Plan, learning_rate
from models.yolo.settings import YoloSettings

Validate = Callable[[keras.Model], float]


@dataclass(frozen=True, eq=False)
class Trained:
    """The chosen network and how it came about.

    Attributes:
        network: with the weights of the best validation figure.
        updates: how many were made.
        history: one entry a validation: update, loss parts, learning rate, validation figure.
        decoding_seconds: before the training: image files to pictures of the input's size.
        waiting_share: of the training's time, spent waiting for batches.
    """

    network: keras.Model
    updates: int
    history: tuple[dict[str, float], ...]
    decoding_seconds: float
    waiting_share: float


def train_network(
    images: Sequence[LabelledImage],
    class_count: int,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    amount: Amount,
    seed: int,
    validate: Validate,
    track: Track,
) -> Trained:
    """Train from scratch and return the weights that did best on the validation split.

    The averaged weights are scored ``settings.validations`` times, evenly over the second half
    of training; the best is kept, the later one where two are equal.

    Args:
        images: the training split.
        class_count: number of classes C.
        input_hw: the network's input, multiples of 32.
        settings: see `YoloSettings`.
        amount: how long.
        seed: fixes weights and pictures; sums on several threads still differ in the last digits.
        validate: gives the figure of a network on the validation split, more is better.
        track: watches the updates.

    Raises:
        TrainingError: the loss is not finite.
    """
    keras.utils.set_random_seed(seed)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        arrived = time.monotonic()
        cache = fill_cache(images, input_hw, Path(folder), track)
        started = time.monotonic()
        network = build_network(input_hw, class_count, settings.width, settings.depth)
        optimizer = _optimizer(settings)
        step = compiled_step(network, optimizer, settings)
        plan = Plan.of(amount, len(images), settings, started)
        history: list[dict[str, float]] = []
        best: tuple[float, list[Any]] | None = None
        waited = 0.0
        done = 0
        made = batches(cache, input_hw, settings, seed, plan.allows_mosaic)
        for update in track(plan.updates(), "training YOLO", plan.expected):
            before = time.monotonic()
            batch = next(made)
            waited += time.monotonic() - before
            progress = plan.progress(update)
            rate = learning_rate(update, progress, settings.learning_rate, plan.lr_warmup)
            optimizer.learning_rate.assign(rate)
            losses = step(*batch)
            done = update + 1
            if plan.is_time_to_validate(done, len(history)):
                entry, weights = _validated(network, optimizer, validate, losses, done, rate)
                history.append(entry)
                if best is None or entry["validation"] >= best[0]:
                    best = entry["validation"], weights
        made.close()
        if best is None:
            entry, weights = _validated(network, optimizer, validate, losses, done, rate)
            history.append(entry)
            best = entry["validation"], weights
        network.set_weights(best[1])
        seconds = time.monotonic() - started
        del cache
    return Trained(network, done, tuple(history), started - arrived, waited / seconds)


def compiled_step(
    network: keras.Model, optimizer: Any, settings: YoloSettings
) -> Callable[..., Losses]:
    """Return the function that makes one update of a batch and gives its losses."""
    points, strides = (ops.convert_to_tensor(a) for a in grid_points(network.input_shape[1:3]))
    variables = network.trainable_variables
    optimizer.build(variables)

    def step(pictures: Any, boxes: Any, labels: Any, real: Any) -> Losses:
        with tf.GradientTape() as tape:
            outputs = network(ops.cast(pictures, "float32"), training=True)
            logits = outputs[..., 4:]
            decoded = decode_boxes(outputs[..., :4], points, strides)
            targets = assign(
                tf.stop_gradient(ops.sigmoid(logits)),
                tf.stop_gradient(decoded),
                points,
                strides,
                boxes,
                labels,
                real,
            )
            losses = detection_losses(logits, decoded, targets)
            total = losses.classes + settings.box_weight * losses.boxes
        optimizer.apply(tape.gradient(total, variables), variables)
        return losses

    compiled: Callable[..., Losses] = tf.function(step, jit_compile=settings.xla)
    return compiled


def _optimizer(settings: YoloSettings) -> Any:
    optimizer = keras.optimizers.AdamW(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=True,
        ema_momentum=settings.ema,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _validated(
    network: keras.Model,
    optimizer: Any,
    validate: Validate,
    losses: Losses,
    update: int,
    rate: float,
) -> tuple[dict[str, float], list[Any]]:
    """Score the averaged weights and return the entry and those weights; the network keeps its own.

    Raises:
        TrainingError: the loss is not finite.
    """
    parts = {"classes": float(losses.classes), "boxes": float(losses.boxes)}
    if not all(np.isfinite(value) for value in parts.values()):
        raise TrainingError(
            f"the loss is not finite after {update} updates; try a smaller --set yolo.learning_rate"
        )
    own = network.get_weights()
    optimizer.finalize_variable_values(network.trainable_variables)
    averaged = network.get_weights()
    figure = validate(network)
    network.set_weights(own)
    entry = {"update": update, "learning_rate": rate, "validation": figure}
    return entry | {f"loss_{name}": value for name, value in parts.items()}, averaged
