"""The end-to-end pipeline: letterbox, one network, decoding, NMS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes
from datasets.images import load_image
from datasets.progress import Track
from models.yolo.decoding import decode
from models.yolo.forward import (
    ConversionError,
    Forward,
    graph_forward,
    litert_forward,
    save_litert,
)
from models.yolo.letterbox import input_size, letterbox, restore
from models.yolo.scalars import Log, unlogged
from models.yolo.schedule import Amount
from models.yolo.settings import YoloSettings
from pipelines.detections import Detections, Image, Stage, run_stages
from pipelines.evaluation.quality import score
from pipelines.nms import suppress

if TYPE_CHECKING:
    import keras

    from models.yolo.training import Trained

LOWEST_SCORE = 0.001  # kept for mAP, which wants the whole precision-recall curve
INPUT_SIDES_PX = (256, 320, 384, 448)  # the network's longer side, chosen by the objects' size
LEAST_OBJECT_PX = 16.0  # two of the finest cells
MOST_VALIDATION_IMAGES = 500  # held in memory while training; more would not choose better
WEIGHTS, LITERT, SETTINGS = "network.weights.h5", "network.tflite", "settings.json"
STANDING = "training.npz"  # of a training that is not over


@dataclass(frozen=True, eq=False)
class Letterboxed:
    """A picture for the network and the way back: scales and the image's height and width."""

    picture: NDArray[np.uint8]
    scales: NDArray[np.float64]
    image_hw: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Answered:
    """The network's raw answers, ``(A, 4 + C)``, and the picture they are about."""

    outputs: NDArray[np.float32]
    asked: Letterboxed


@dataclass(frozen=True, eq=False)
class Decoded:
    """Boxes in the image's pixels before NMS, their scores and labels."""

    boxes: Boxes
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class YoloDetector:
    """A trained network with all that stands between pixels and boxes.

    Attributes:
        forward: the compiled network.
        input_hw: height and width of its input in pixels.
        classes: class names in label order.
        nms_iou: detections of one class that overlap more are one.
        limit: most detections an image.
        parameters: weights of the network.
        multiply_adds: of its convolutions, an image.
    """

    forward: Forward
    input_hw: tuple[int, int]
    classes: tuple[str, ...]
    nms_iou: float
    limit: int
    parameters: int
    multiply_adds: int

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The named steps whose composition is `detect`."""
        return (
            Stage("letterbox", self._letterbox),
            Stage("network", self._network),
            Stage("decode", self._decode),
            Stage("nms", self._nms),
        )

    def detect(self, image: Image) -> Detections:
        """Return what is in an ``(H, W, 3)`` uint8 RGB image, best score first."""
        return run_stages(self.stages, image)

    def _letterbox(self, image: Image) -> Letterboxed:
        picture, scales = letterbox(image, self.input_hw)
        return Letterboxed(picture, scales, (image.shape[0], image.shape[1]))

    def _network(self, asked: Letterboxed) -> Answered:
        return Answered(self.forward(asked.picture), asked)

    def _decode(self, answered: Answered) -> Decoded:
        asked = answered.asked
        boxes, scores, labels = decode(answered.outputs, self.input_hw, LOWEST_SCORE)
        boxes = restore(boxes, asked.scales, asked.image_hw)
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # some lie wholly in the grey border
        return Decoded(boxes[real], scores[real], labels[real])

    def _nms(self, found: Decoded) -> Detections:
        return suppress(
            found.boxes,
            found.scores,
            found.labels,
            iou_threshold=self.nms_iou,
            score_threshold=LOWEST_SCORE,
            limit=self.limit,
        )


def choose_input(images: Sequence[LabelledImage], image_size: int | None) -> tuple[int, int]:
    """Return the network's input (height, width) for a training split.

    Without an ``image_size`` the longer side is the smallest of `INPUT_SIDES_PX` at which, of
    every class, nine of ten objects are at least two of the finest cells wide, or the largest of
    them.
    """
    sizes = [(image.width_px, image.height_px) for image in images]
    if image_size is None:
        smallest = _smallest_share(images)
        fits = [side for side in INPUT_SIDES_PX if side * smallest >= LEAST_OBJECT_PX]
        image_size = fits[0] if fits else INPUT_SIDES_PX[-1]
    return input_size(sizes, image_size)


def train_yolo(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: YoloSettings,
    image_size: int | None,
    amount: Amount,
    seed: int,
    folder: Path,
    track: Track,
    is_stopped: Callable[[], bool] = lambda: False,
    log: Log = unlogged,
) -> Trained:
    """Train on ``train``, choose on ``val``, and save the detector into ``folder``.

    A training that was stopped or killed goes on from the standing it left there.

    Raises:
        TrainingError: it can't be trained.
        KeyboardInterrupt: ``is_stopped`` said so; the standing is saved.
    """
    from models.yolo.checkpoint import Checkpoint
    from models.yolo.training import train_network

    input_hw = choose_input(train, image_size)
    crowd = max((len(image.annotations) for image in (*train, *val)), default=0)
    limit = max(100, 2 * crowd)
    validate = _validation(val[:MOST_VALIDATION_IMAGES], classes, input_hw, settings, limit)
    checkpoint = Checkpoint(folder / STANDING)
    trained = train_network(
        train,
        len(classes),
        input_hw,
        settings,
        amount,
        seed,
        validate,
        track,
        checkpoint,
        is_stopped,
        log,
    )
    chosen = time.monotonic()
    save_yolo(trained.network, classes, settings, limit, folder)
    checkpoint.remove()
    return replace(trained, seconds=trained.seconds + time.monotonic() - chosen)


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
    description = {
        "classes": list(classes),
        "input_hw": list(network.input_shape[1:3]),
        "limit": limit,
        "litert": conversion,
        "parameters": network.count_params(),
        "multiply_adds": multiply_adds(network),
        "settings": asdict(settings),
    }
    (folder / SETTINGS).write_text(json.dumps(description, indent=2), encoding="utf-8")


def load_yolo(folder: Path, *, gpu: bool = False, threads: int = 1) -> YoloDetector:
    """Return the detector saved in the folder.

    On a CPU the LiteRT form runs where there is one and ``settings.runtime`` does not ask for the
    graph; on a GPU TensorFlow's compiled graph does.

    Raises:
        OSError: a file is missing.
    """
    said = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    settings = YoloSettings(**said["settings"])
    height, width = said["input_hw"]
    if (folder / LITERT).is_file() and not gpu and settings.runtime != "graph":
        forward = litert_forward(folder / LITERT, threads)
    else:
        from models.yolo.network import build_network

        network = build_network(
            (height, width), len(said["classes"]), settings.width, settings.depth
        )
        network.load_weights(folder / WEIGHTS)
        forward = graph_forward(network)
    return YoloDetector(
        forward=forward,
        input_hw=(height, width),
        classes=tuple(said["classes"]),
        nms_iou=settings.nms_iou,
        limit=said["limit"],
        parameters=said["parameters"],
        multiply_adds=said["multiply_adds"],
    )


def _smallest_share(images: Sequence[LabelledImage]) -> float:
    """Return the size of small objects of the smallest class, as a share of the longer side.

    An object's size is the root of its area. Small is a tenth of a class; classes are looked at
    one by one, since each counts alike in mAP however rare it is.
    """
    shares, labels = [np.zeros(0)], [np.zeros(0, np.int64)]
    for image in images:
        sides = image.annotations.boxes[:, 2:] - image.annotations.boxes[:, :2]
        shares.append(np.sqrt(sides.prod(axis=1)) / max(image.width_px, image.height_px))
        labels.append(image.annotations.labels)
    every, of_class = np.concatenate(shares), np.concatenate(labels)
    return min((float(np.quantile(every[of_class == c], 0.1)) for c in set(of_class)), default=0.1)


def _validation(
    images: Sequence[LabelledImage],
    classes: Sequence[str],
    input_hw: tuple[int, int],
    settings: YoloSettings,
    limit: int,
) -> Callable[[keras.Model], float]:
    """Return the function that scores a network on the validation split: mAP@[.50:.95]."""
    pictures = [letterbox(load_image(image.path), input_hw) for image in images]
    truth: list[Annotations] = [image.annotations for image in images]
    compiled: list[Forward] = []

    def validate(network: keras.Model) -> float:
        if not compiled:  # once: the weights change, the graph does not
            compiled.append(graph_forward(network, xla=False))
        detector = YoloDetector(
            compiled[0], input_hw, tuple(classes), settings.nms_iou, limit, 0, 0
        )
        found = [
            run_stages(
                detector.stages[1:],
                Letterboxed(picture, scales, (image.height_px, image.width_px)),
            )
            for image, (picture, scales) in zip(images, pictures, strict=True)
        ]
        return score(truth, found, classes).map_50_95

    return validate
