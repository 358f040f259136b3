"""Weights of a Keras Applications backbone: Keras's own for ImageNet, or those of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import TrainingError
from models.quiet import native_stderr_hidden
from models.yolo.downloads import Download, downloaded
from models.yolo.folded_convolutions import Convolution, chain_of_convolutions
from models.yolo.settings import IMAGENET
from models.yolo.weights_file import values_in_hdf5

KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
KERAS_SUFFIXES, TFLITE = (".weights.h5", ".h5"), ".tflite"
CONVOLUTIONS = 52  # of MobileNetV2 without top


class Backbone(NamedTuple):
    """A network of Keras Applications: its name there, its number of weights without top, its file.

    A test holds all three to Keras.
    """

    application: str
    values: int
    file: Download


BACKBONES = {
    "mobilenetv2": Backbone(
        "MobileNetV2",
        2_257_984,
        Download(
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
            f"{KERAS}/mobilenet_v2",
            None,
        ),
    ),
    "mobilenetv3": Backbone(
        "MobileNetV3Large",
        2_996_352,
        Download(
            "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
            f"{KERAS}/mobilenet_v3",
            "07fb09a5933dd0c8eaafa16978110389",
        ),
    ),
    "resnet50": Backbone(
        "ResNet50",
        23_587_712,
        Download(
            "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            f"{KERAS}/resnet",
            "4d473c1dd8becc155b73f8504c6f6626",
        ),
    ),
    "efficientnetv2b0": Backbone(
        "EfficientNetV2B0",
        5_919_312,
        Download(
            "efficientnetv2-b0_notop.h5",
            f"{KERAS}/efficientnet_v2",
            "893217f2bb855e2983157299931e43ff",
        ),
    ),
}


def backbone_weights(name: str, source: str) -> list[NDArray[np.float32]]:
    """Return a backbone's weights as ``set_weights`` of its Keras network without top takes them.

    Args:
        name: one of `BACKBONES`.
        source: ``imagenet``, downloaded into Keras's cache where it is not there; or a file: Keras
            weights without top; or, of MobileNetV2, the TFLite file of an SSD, whose batch norms
            are folded: they become identities with the bias.

    Raises:
        TrainingError: they are not to be had.
    """
    path = check_backbone_weights(name, source)
    with native_stderr_hidden():  # the first import of TensorFlow in this process
        import keras
    network = getattr(keras.applications, BACKBONES[name].application)(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    if path.suffix == TFLITE:
        _unfold(network, chain_of_convolutions(path, CONVOLUTIONS), path)
    else:
        try:
            network.load_weights(path)
        except Exception as error:  # Keras raises what its layers and HDF5 happen to raise
            raise _of_another_network(path, name, str(error)) from error
    weights: list[NDArray[np.float32]] = network.get_weights()
    return weights


def check_backbone_weights(name: str, source: str) -> Path:
    """Return the file of a backbone's weights, downloaded if need be and read through.

    It loads no TensorFlow but to download.

    Raises:
        TrainingError: there is none, or it can't be the backbone's.
    """
    if source == IMAGENET:
        return downloaded(
            BACKBONES[name].file, lambda path: _check(name, path), f"{name}'s weights"
        )
    _check(name, Path(source))
    return Path(source)


def _check(name: str, path: Path) -> None:
    if path.suffix == TFLITE and name == "mobilenetv2":
        found = chain_of_convolutions(path, CONVOLUTIONS)
        values = sum(each.kernel.size + 4 * each.bias.size for each in found)
    elif path.name.endswith(KERAS_SUFFIXES):
        values = values_in_hdf5(path)
    else:
        tflite = " or the .tflite of an SSD" if name == "mobilenetv2" else ""
        raise TrainingError(
            f"{path}: is no file of {name}'s weights by its name; give a .weights.h5 or .h5 "
            f"without top{tflite}"
        )
    if values != BACKBONES[name].values:
        reason = f"it has {values:,} weights and {name} {BACKBONES[name].values:,}"
        raise _of_another_network(path, name, reason)


def _unfold(network: Any, convolutions: list[Convolution], path: Path) -> None:
    """Give a network the convolutions in the order of its layers, each with a bias behind it.

    The bias is the beta of the batch norm that follows, which does nothing else: its variance and
    epsilon add up to one.
    """
    own = [layer for layer in network.layers if layer.weights]
    for number, each in enumerate(convolutions):
        layer, norm = own[2 * number : 2 * number + 2]
        one = np.ones_like(each.bias)
        try:
            layer.set_weights([each.kernel])
            norm.set_weights([one, each.bias, 0 * one, one - np.float32(norm.epsilon)])
        except ValueError as error:
            reason = f"convolution {number + 1} has a kernel of {each.kernel.shape}"
            raise _of_another_network(path, network.name, reason) from error


def _of_another_network(path: Path, name: str, reason: str) -> TrainingError:
    first = reason.strip().partition("\n")[0]
    return TrainingError(
        f"{path}: holds the weights of another network than {name} without top ({first}); give "
        "that one's"
    )
