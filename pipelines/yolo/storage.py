"""The folder of a trained YOLO-style detector: weights, their LiteRT form, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from datasets.regular_files import check_regular, content
from models.yolo.decoding import grid_points
from models.yolo.forward import ConversionError, Forward, GraphForward, LiteRtForward, save_litert
from models.yolo.settings import YoloSettings
from pipelines.postprocessing.calibration import load_calibration
from pipelines.system.loading import loading
from pipelines.yolo.detector import YoloDetector

if TYPE_CHECKING:
    import keras

WEIGHTS, LITERT, SETTINGS = "network.weights.h5", "network.tflite", "settings.json"
TRAINING_STATE = "training.npz"  # of a training that is not over


Side = Annotated[int, msgspec.Meta(ge=32, le=8192, multiple_of=32)]


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
    input_hw: tuple[Side, Side]
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
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
        LoadingError: it is missing or not such a file.
    """
    with loading(folder):
        return msgspec.json.decode(content(folder / SETTINGS), type=SavedYolo)


def load_yolo(folder: Path, *, gpu: bool = False, threads: int = 1) -> YoloDetector:
    """Return the detector saved in the folder.

    On a CPU the LiteRT form runs where there is one and ``settings.runtime`` does not ask for the
    graph; on a GPU TensorFlow's compiled graph does.

    Raises:
        LoadingError: a file is missing or not what it should be.
    """
    saved = saved_yolo(folder)
    if (folder / LITERT).is_file() and not gpu and saved.settings.runtime != "graph":
        forward: Forward = load_litert(folder, saved, threads)
    else:
        forward = GraphForward(load_network(folder))
    return detector_with(forward, folder, saved, threads)


def load_litert(folder: Path, saved: SavedYolo, threads: int) -> LiteRtForward:
    """Return the LiteRT form in the folder, which has the ends that ``settings.json`` says.

    Raises:
        LoadingError: it is missing, broken or of another network.
    """
    with loading(folder):
        check_regular(folder / LITERT)
        forward = LiteRtForward(folder / LITERT, threads)
        cells = len(grid_points(saved.input_hw)[0])
        ends = (1, *saved.input_hw, 3), (1, cells, 4 + len(saved.classes))
        if forward.ends != ends:
            raise ValueError(f"{LITERT} takes and gives {forward.ends}, not {ends}")
        return forward


def detector_with(forward: Forward, folder: Path, saved: SavedYolo, threads: int) -> YoloDetector:
    """Return the detector saved in the folder, whose network is run by ``forward``."""
    settings = saved.settings
    return YoloDetector(
        *(forward, saved.input_hw, saved.classes, settings.nms_iou, settings.voting_iou),
        *(saved.limit, settings.flip_test, threads, load_calibration(folder)),
    )


def load_network(folder: Path) -> keras.Model:
    """Return the network saved in the folder; it loads TensorFlow.

    Raises:
        LoadingError: a file is missing or not what it should be.
    """
    from models.yolo.network import build_network
    from models.yolo.weights_file import values_in_hdf5

    saved = saved_yolo(folder)
    settings = saved.settings
    with loading(folder):
        values_in_hdf5(folder / WEIGHTS)
        network = build_network(
            saved.input_hw, len(saved.classes), settings.width, settings.depth, settings.backbone
        )
        network.load_weights(folder / WEIGHTS)
    return network
