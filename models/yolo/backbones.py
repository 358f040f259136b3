"""Backbones of Keras Applications, pre-trained on ImageNet, in the place of the small one.

What is learnt on them has seen other images than the user's: results must be called pre-trained.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.errors import TrainingError
from models.yolo.settings import SCRATCH

CAFFE_BGR_MEANS = (103.939, 116.779, 123.68)  # what ResNet50's ImageNet weights want taken off


def pretrained_backbone(image: Any, name: str, weights: str, strides: tuple[int, ...]) -> list[Any]:
    """Return the backbone's last feature map at each stride.

    Batch normalisation keeps pre-trained statistics: batches of a few images would spoil them.

    Args:
        image: ``(B, H, W, 3)`` RGB, 0 to 255; sides are multiples of the largest stride.
        name: one of `settings.BACKBONES` but the first.
        weights: ``imagenet``, which Keras downloads; ``none``; or a file of weights without top.
        strides: pixels of the image for one cell.

    Raises:
        TrainingError: the weights are not to be had.
    """
    height, width = image.shape[1:3]
    application = {
        "resnet50": keras.applications.ResNet50,
        "mobilenetv3": keras.applications.MobileNetV3Large,
        "efficientnetv2b0": keras.applications.EfficientNetV2B0,
    }[name]
    try:
        base = application(
            include_top=False,
            weights=None if weights == SCRATCH else weights,
            input_shape=(height, width, 3),
        )
    except Exception as error:  # Keras raises bare exceptions for lost networks and wrong files
        raise TrainingError(
            f"yolo.backbone_weights={weights}: {error}; give a file of {name}'s weights without "
            "top, or none"
        ) from error
    if weights != SCRATCH:
        for layer in base.layers:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)
    ends = [_last_at(base, (height // stride, width // stride)) for stride in strides]
    if name == "resnet50":  # the others have their scaling within
        image = layers.Normalization(mean=CAFFE_BGR_MEANS, variance=(1.0,) * 3)(image[..., ::-1])
    levels: list[Any] = keras.Model(base.input, ends, name=name)(image)
    return levels


def _last_at(base: keras.Model, cells_hw: tuple[int, int]) -> Any:
    found = [layer.output for layer in base.layers if layer.output.shape[1:3] == cells_hw]
    return found[-1]
