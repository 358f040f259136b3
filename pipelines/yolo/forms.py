"""YOLO as it can be deployed: LiteRT, LiteRT in 8 bits, a TensorFlow graph, compiled by XLA."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.annotations import LabelledImage
from pipelines.detections import Detector, Image
from pipelines.system import runtime
from pipelines.system.files import replacing
from pipelines.system.runtime import Device

CALIBRATION_IMAGES = 60  # training images that show the ranges of activations


def litert(folder: Path, device: Device, threads: int) -> Detector:
    """Return the detector by LiteRT, on the CPU.

    Raises:
        ConversionError: the folder has no LiteRT form; the message says why.
    """
    from models.yolo.forward import ConversionError
    from pipelines.yolo.storage import LITERT, detector_with, load_litert, saved_yolo

    del device
    saved = saved_yolo(folder)
    if not (folder / LITERT).is_file():
        raise ConversionError(saved.litert)
    return detector_with(load_litert(folder, saved, threads), folder, saved, threads)


def graph(folder: Path, device: Device, threads: int, *, compiled: bool = False) -> Detector:
    """Return the detector by a TensorFlow graph, on its device; XLA may compile it."""
    runtime.load_tensorflow()
    from models.yolo.forward import GraphForward
    from pipelines.yolo.storage import detector_with, load_network, saved_yolo

    del device
    forward = GraphForward(load_network(folder), xla=compiled)
    return detector_with(forward, folder, saved_yolo(folder), threads)


def make_int8(folder: Path, images: Sequence[LabelledImage], output: Path) -> None:
    """Write a folder with the LiteRT form in 8 bits, whose ranges are those on training images.

    Raises:
        ConversionError: the network has no such form; the message says why.
    """
    runtime.load_tensorflow()
    from datasets.images import pixels_of
    from datasets.splits import evenly
    from models.yolo.exported import LITERT as LITERT_FORM
    from models.yolo.exported import write_network
    from models.yolo.letterbox import letterbox
    from pipelines.postprocessing.calibration import load_calibration, save_calibration
    from pipelines.yolo.storage import LITERT, SETTINGS, load_network, saved_yolo

    input_hw = saved_yolo(folder).input_hw
    chosen = evenly(images, CALIBRATION_IMAGES)
    pictures = [letterbox(pixels_of(image), input_hw)[0] for image in chosen]
    with replacing(output) as work:
        write_network(load_network(folder), LITERT_FORM, work / LITERT, pictures)
        shutil.copy(folder / SETTINGS, work)
        save_calibration(load_calibration(folder), work)


def convolutions(folder: Path, image: Image) -> Callable[[], object]:
    """Return a function that only does the convolutions of detecting in one image, in order."""
    runtime.load_tensorflow()
    import tensorflow as tf

    from models.yolo.network import convolution_layers
    from pipelines.yolo.storage import load_network

    del image  # every image has the network's input
    layers = convolution_layers(load_network(folder))
    random = np.random.default_rng(0)
    inputs = [
        tf.constant(random.normal(size=(1, *each.input.shape[1:])).astype(np.float32))
        for each in layers
    ]

    @tf.function  # type: ignore[untyped-decorator]
    def products(given: list[Any]) -> list[Any]:
        return [convolved(x, each) for x, each in zip(given, layers, strict=True)]

    return lambda: [x.numpy() for x in products(inputs)[-1:]]


def convolved(x: Any, layer: Any) -> Any:
    """Return a layer's convolution of ``(B, H, W, C)`` features, without what it adds."""
    import keras
    import tensorflow as tf

    padding = layer.padding.upper()
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return tf.nn.depthwise_conv2d(x, layer.kernel.value, (1, *layer.strides, 1), padding)
    return tf.nn.conv2d(x, layer.kernel.value, layer.strides, padding)
