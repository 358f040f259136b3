"""The folder of a trained YOLO-style detector: weights, their LiteRT form, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from datasets.regular_files import content
from models.yolo.forward import ConversionError, Forward, GraphForward, LiteRtForward, save_litert
from models.yolo.settings import YoloSettings
from pipelines.yolo.detector import YoloDetector

if TYPE_CHECKING:
    import keras

WEIGHTS, LITERT, SETTINGS = "network.weights.h5", "network.tflite", "settings.json"
TRAINING_STATE = "training.npz"  # of a training that is not over


class SavedYolo(msgspec.Struct, frozen=True):
    """What ``settings.json`` holds.

    Attributes:
        classes: class names in label order.
        input_hw: height and width of the network's input in pixels.
        limit: most detections an image.
        parameters: weights of the network.
        multiply_adds: of its convolutions, an image.
        settings: those it was trained with.
        litert: ``ok``, or why there is no LiteRT form.
    """

    classes: tuple[str, ...]
    input_hw: tuple[int, int]
    limit: int
    parameters: int
    multiply_adds: int
    settings: YoloSettings
    litert: str = "ok"


def save_yolo(
    network: keras.Model,
    classes: Sequence[str],
    settings: YoloSettings,
    limit: int,
    folder: Path,
) -> None:
    """Write weights, their LiteRT form and ``settings.json`` into the folder."""
    from models.yolo.network import multiply_adds

    folder.mkdir(parents=True, exist_ok=True)
    network.save_weights(folder / WEIGHTS)
    try:
        save_litert(network, folder / LITERT)
        conversion = "ok"
    except ConversionError as error:
        conversion = str(error)
    saved = SavedYolo(
        classes=tuple(classes),
        input_hw=network.input_shape[1:3],
        limit=limit,
        parameters=network.count_params(),
        multiply_adds=multiply_adds(network),
        settings=settings,
        litert=conversion,
    )
    (folder / SETTINGS).write_bytes(msgspec.json.format(msgspec.json.encode(saved)))


def saved_yolo(folder: Path) -> SavedYolo:
    """Return what the folder's ``settings.json`` holds.

    Raises:
        OSError: it is missing.
        ValueError: it is not such a file.
    """
    path = folder / SETTINGS
    try:
        return msgspec.json.decode(content(path), type=SavedYolo)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: {error}") from error


def load_yolo(folder: Path, *, gpu: bool = False, threads: int = 1) -> YoloDetector:
    """Return the detector saved in the folder.

    On a CPU the LiteRT form runs where there is one and ``settings.runtime`` does not ask for the
    graph; on a GPU TensorFlow's compiled graph does.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not what it should be.
    """
    saved = saved_yolo(folder)
    if (folder / LITERT).is_file() and not gpu and saved.settings.runtime != "graph":
        forward: Forward = LiteRtForward(folder / LITERT, threads)
    else:
        forward = GraphForward(load_network(folder))
    return detector_with(forward, saved, threads)


def detector_with(forward: Forward, saved: SavedYolo, threads: int) -> YoloDetector:
    """Return the saved detector whose network is run by ``forward``."""
    nms_iou = saved.settings.nms_iou
    return YoloDetector(forward, saved.input_hw, saved.classes, nms_iou, saved.limit, threads)


def load_network(folder: Path) -> keras.Model:
    """Return the network saved in the folder; it loads TensorFlow.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not what it should be.
    """
    from models.yolo.network import build_network

    saved = saved_yolo(folder)
    settings = saved.settings
    network = build_network(
        saved.input_hw, len(saved.classes), settings.width, settings.depth, settings.backbone
    )
    network.load_weights(folder / WEIGHTS)
    return network
