"""Backbones of Keras Applications in the place of the small one, pre-trained or not.

What is learnt on pre-trained ones has seen other images than the user's: results must be called
pre-trained.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.yolo.backbone_weights import BACKBONES, backbone_weights
from models.yolo.settings import SCRATCH

CAFFE_BGR_MEANS = (103.939, 116.779, 123.68)  # what ResNet50's ImageNet weights want taken off
REDUCED = "reduced_{}"  # the layers that take a backbone's levels, by stride
# Statistics of the last 30 updates or so: Keras's .99, and .999 in MobileNetV2, lag in short runs.
BATCH_NORM_MOMENTUM = 0.97


def backbone_levels(image: Any, name: str, weights: str, strides: tuple[int, ...]) -> list[Any]:
    """Return the backbone's last feature map at each stride.

    Batch normalisation keeps pre-trained statistics: batches of a few images would spoil them.

    Args:
        image: ``(B, H, W, 3)`` RGB, 0 to 255; sides are multiples of the largest stride.
        name: one of `BACKBONES`.
        weights: ``none``, or what `backbone_weights` takes.
        strides: pixels of the image for one cell.

    Raises:
        TrainingError: the weights are not to be had.
    """
    height, width = image.shape[1:3]
    if name == "mobilenetv2":  # the last two have their scaling within
        image = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    if name == "resnet50":
        image = layers.Normalization(mean=CAFFE_BGR_MEANS, variance=(1.0,) * 3)(image[..., ::-1])
    application = getattr(keras.applications, BACKBONES[name].application)
    base = application(include_top=False, weights=None, input_tensor=image)
    normalisations = [x for x in base.layers if isinstance(x, layers.BatchNormalization)]
    if weights != SCRATCH:
        base.set_weights(backbone_weights(name, weights))
        for layer in base.layers:
            layer.trainable = layer not in normalisations
    for layer in normalisations:
        layer.momentum = BATCH_NORM_MOMENTUM
    return [_last_at(base, (height // stride, width // stride)) for stride in strides]


def backbone_part(network: keras.Model, strides: tuple[int, ...]) -> keras.Model | None:
    """Return the network up to its backbone's levels; None with the small backbone."""
    names = {layer.name for layer in network.layers}
    if REDUCED.format(strides[0]) not in names:
        return None
    levels = [network.get_layer(REDUCED.format(stride)).input for stride in strides]
    return keras.Model(network.input, levels)


def _last_at(base: keras.Model, cells_hw: tuple[int, int]) -> Any:
    outputs = [layer.output for layer in base.layers if not isinstance(layer, layers.InputLayer)]
    return [output for output in outputs if output.shape[1:3] == cells_hw][-1]
