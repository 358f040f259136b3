"""One update of the network, compiled: answers, targets, losses, gradients, a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import ops

from models.yolo.assigner import assign
from models.yolo.decoding import grid_points
from models.yolo.distances import decode_boxes
from models.yolo.losses import Losses, detection_losses
from models.yolo.settings import YoloSettings
from models.yolo.weights import FlatWeights


def compiled_update(weights: FlatWeights, settings: YoloSettings) -> Callable[..., Losses]:
    """Return the function that makes one update with a batch's arrays and gives its losses.

    XLA compiles it where there is a GPU. On a CPU TensorFlow's own convolutions learn faster than
    XLA's and need no minute of compiling.
    """
    network = weights.network
    points, strides = (ops.convert_to_tensor(a) for a in grid_points(network.input_shape[1:3]))

    def update(pictures: Any, boxes: Any, labels: Any, real: Any) -> Losses:
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
        weights.apply(tape.gradient(total, weights.variables))
        return losses

    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    compiled: Callable[..., Losses] = tf.function(update, jit_compile=on_gpu)
    return compiled
