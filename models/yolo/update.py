"""One update of the network, compiled: answers, targets, losses, gradients, a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from models.yolo.assigner import assign
from models.yolo.decoding import grid_points
from models.yolo.devices import Devices, all_reduce, distribute
from models.yolo.losses import Losses, detection_losses
from models.yolo.settings import YoloSettings
from models.yolo.weights import FlatWeights


def decode_boxes(raw: Any, points: Any, strides: Any) -> Any:
    """Return ``(B, A, 4)`` xyxy pixels of the input for ``(B, A, 4)`` raw distances.

    It is `decoding.decode`'s step for boxes, differentiable.
    """
    distances = ops.exp(raw) * strides[:, None]
    return ops.concatenate([points - distances[..., :2], points + distances[..., 2:]], axis=-1)


def compiled_update(
    weights: FlatWeights, learning: keras.Model, settings: YoloSettings, devices: Devices
) -> Callable[..., Losses]:
    """Return the function that makes one update with a batch's arrays and gives its losses.

    The ``learning`` part of the network takes the first of the arrays, all but the last four,
    which are boxes, labels, which of them are real, and which cells are asked.

    XLA compiles it where there is a GPU. On a CPU TensorFlow's own convolutions learn faster than
    XLA's and need no minute of compiling; they use two cores badly, so that a batch may be learnt
    from in parts, a core each.
    """
    input_hw = weights.network.input_shape[1:3]
    points, strides = (ops.convert_to_tensor(a) for a in grid_points(input_hw))

    def learn(*arrays: Any) -> tuple[Any, Losses, Any]:
        """Return gradients for `FlatWeights.apply`, losses and the sum of target scores."""
        *given, boxes, labels, real, asked = arrays
        with tf.GradientTape() as tape:
            given = [ops.cast(each, "float32") for each in given]
            outputs = learning(given[0] if len(given) == 1 else given, training=True)
            outputs = ops.cast(outputs, "float32")  # whatever the network computes in
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
            losses = detection_losses(logits, decoded, targets, asked)
            total = losses.classes + settings.box_weight * losses.boxes
            total = weights.optimizer.scale_loss(total)
        gradients = weights.flattened(tape.gradient(total, weights.variables))
        return gradients, losses, ops.sum(targets.weights)

    # Each part of a batch divides by the target scores of its own pictures. Multiplied by them
    # again, what it gives is a sum, and all sums are divided by the target scores of the whole
    # batch: the same update as without parts, up to rounding and what normalisation sees.
    #
    # No branch or loop depends on a tensor: AutoGraph, which translates all of Keras for such,
    # would take seconds before the first update and change nothing.
    @tf.function(jit_compile=devices.xla, autograph=False)  # type: ignore[untyped-decorator]
    def sums_of_part(*arrays: Any) -> list[Any]:
        gradients, losses, scores = learn(*arrays)
        divided_by = ops.maximum(scores, 1.0)
        return [*(value * divided_by for value in (*gradients, *losses)), scores]

    def apply(sums: Sequence[Any]) -> Losses:
        *values, scores = sums
        *gradients, classes, boxes = (value / ops.maximum(scores, 1.0) for value in values)
        weights.apply(gradients)
        return Losses(classes, boxes)

    def update(*arrays: Any) -> Losses:
        parts = zip(*(ops.split(array, devices.parts) for array in arrays), strict=True)
        sums = [sums_of_part(*part) for part in parts]
        return apply([sum(each) for each in zip(*sums, strict=True)])

    strategy = devices.strategy
    if strategy is None:
        compiled: Callable[..., Losses] = tf.function(
            update, jit_compile=devices.xla, autograph=False
        )
        return compiled
    shared = tf.function(
        lambda *parts: apply(all_reduce(strategy, sums_of_part, parts)), autograph=False
    )

    def update_together(*arrays: Any) -> Losses:
        with devices.machines.together():
            losses: Losses = shared(*distribute(strategy, arrays))
            return losses

    return update_together
