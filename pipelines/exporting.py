"""A trained network written for other programs, described, and held to the original's boxes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.annotations import DatasetError, LabelledImage
from datasets.images import load_image
from datasets.progress import Track
from models.yolo.exported import FILES, exported_forward, write_network
from models.yolo.forward import TOLERANCE, GraphForward
from models.yolo.letterbox import letterbox
from pipelines import runtime
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.undefined import plain
from pipelines.export_description import description
from pipelines.model_folder import ModelFolder, ModelFolderError, validated_threshold
from pipelines.run_folder import RunFolderError, replacing, write_json
from pipelines.run_images import run_dataset, test_images, training_pictures
from pipelines.sameness import sameness
from pipelines.yolo import LOWEST_SCORE, YoloDetector, load_network, load_yolo

if TYPE_CHECKING:
    import keras

DESCRIPTION = "network.json"
CALIBRATION_PICTURES = 100  # more move the ranges little
MOST_IMAGES = 500  # that an export is checked on
NOISE_PICTURES = 8
FIGURES = ("map_50", "map_50_95")


class ExportError(Exception):
    """The network can't be exported so; the message is one sentence."""


class UnlikeError(Exception):
    """The exported network gives other boxes than the original; the message says how many."""


@dataclass(frozen=True)
class Export:
    """What is to be written.

    Attributes:
        form: ``litert``, ``onnx`` or ``saved_model``.
        int8: whether its numbers are; LiteRT's only.
        dataset: where the run's set is now, None for where the run found it.
    """

    form: str
    int8: bool
    dataset: str | None


def export_network(model: ModelFolder, wish: Export, output: Path, track: Track) -> dict[str, Any]:
    """Write the network and ``network.json`` into a new folder and return what the latter holds.

    Raises:
        ConversionError: Keras's export failed.
        ExportError: it can't be asked for, or int8 has no training images.
        ModelFolderError: the network can't be loaded.
        RunFolderError: the folder can't be used.
        UnlikeError: its boxes are others than the original's; nothing is written.
    """
    if wish.int8 and wish.form != "litert":
        raise ExportError("--int8 is a form of LiteRT's; give --to litert with it")
    is_free = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not is_free and not is_export(output):
        raise RunFolderError(f"{output}: holds something that is no export; choose another")
    runtime.set_threads(runtime.usable_cores())
    runtime.load_tensorflow()
    network, original = opened(model)
    images, unreachable = _images(model, wish)
    calibration = None
    if wish.int8:
        calibration = _calibration(model, wish, images, original.input_hw, unreachable, track)
    try:
        with replacing(output) as work:
            path = work / FILES[wish.form]
            write_network(network, wish.form, path, calibration)
            forward = exported_forward(wish.form, path, runtime.usable_cores())
            exported = replace(original, forward=forward)
            told = {
                "network": path.name,
                "form": wish.form,
                "int8": wish.int8,
                "exported_from": str(model.path),
                "libraries": runtime.environment()["libraries"],
                **description(
                    classes=original.classes,
                    input_hw=original.input_hw,
                    form=wish.form,
                    lowest_score=LOWEST_SCORE,
                    nms_iou=original.nms_iou,
                    most_detections=original.limit,
                    threshold=validated_threshold(model),
                ),
                "check": _checked(original, exported, images, wish, track)
                if images
                else _checked_on_noise(original, exported, wish, unreachable),
            }
            write_json(work / DESCRIPTION, told)
    except OSError as error:
        raise RunFolderError(f"{output}: can't be written ({error.strerror or error})") from error
    return told


def is_export(folder: Path) -> bool:
    """Say whether a folder is an earlier export."""
    try:
        said = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and "exported_from" in said


def opened(model: ModelFolder) -> tuple[keras.Model, YoloDetector]:
    """Return the Keras network, and the detector that asks it.

    Raises:
        ModelFolderError: a file is missing or broken.
    """
    try:
        detector = load_yolo(model.path)
        network = load_network(model.path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{model.path}: can't be loaded ({error})") from error
    return network, replace(detector, forward=GraphForward(network, xla=False))


def _images(model: ModelFolder, wish: Export) -> tuple[list[LabelledImage], str]:
    """Return the run's test images, or none and why they are not to be had."""
    metrics = model.metrics()
    if metrics is None or model.run is None:
        return [], f"{model.path} is in no run's folder"
    try:
        images = test_images(model.run, run_dataset(metrics, wish.dataset))
    except DatasetError as error:
        return [], str(error)
    return images[:MOST_IMAGES], ""


def _calibration(
    model: ModelFolder,
    wish: Export,
    images: Sequence[LabelledImage],
    input_hw: tuple[int, int],
    unreachable: str,
    track: Track,
) -> list[Any]:
    """Return input pictures made of training images.

    Raises:
        ExportError: the data set is not to be had.
    """
    metrics = model.metrics()
    if metrics is None or not images:
        raise ExportError(f"--int8 needs training images to find its ranges: {unreachable}")
    try:
        data = run_dataset(metrics, wish.dataset)
        tested = frozenset(image.name for image in images)
        pixels = training_pictures(metrics, data, tested, CALIBRATION_PICTURES, track)
    except DatasetError as error:
        raise ExportError(f"--int8 needs training images to find its ranges: {error}") from error
    return [letterbox(image, input_hw)[0] for image in pixels]


def _checked(
    original: YoloDetector,
    exported: YoloDetector,
    images: Sequence[LabelledImage],
    wish: Export,
    track: Track,
) -> dict[str, Any]:
    """Return how the exported network's detections of the test images differ from the original's.

    Raises:
        UnlikeError: a float32 network has other boxes.
    """
    found: dict[str, list[Detections]] = {"exported": [], "original": []}
    for image in track(images, "comparing", len(images)):
        pixels = load_image(image.path)
        found["exported"].append(exported.detect(pixels))
        found["original"].append(original.detect(pixels))
    told: dict[str, Any] = {"images": len(images)}
    if wish.int8:
        return {**told, **_difference(found, images, original.classes)}
    same = sameness(found["original"], found["exported"])
    if not same.holds:
        raise UnlikeError(
            f"the exported network gives other boxes: {same.detections - same.twins} of "
            f"{same.detections} detections in {len(images)} test images have no twin"
        )
    return {**told, **plain(same)}


def _difference(
    found: Mapping[str, list[Detections]], images: Sequence[LabelledImage], classes: Sequence[str]
) -> dict[str, Any]:
    """Return mAP of both and their paired difference, by the shared evaluator."""
    truth = EvaluationImages([image.annotations for image in images], classes)
    judged = {name: judge(truth, each) for name, each in found.items()}
    difference = compared(judged, len(images))["exported_minus_original"]
    figures = {
        **{name: {f: each.once[f] for f in FIGURES} for name, each in judged.items()},
        "exported_minus_original": {figure: difference[figure] for figure in FIGURES},
    }
    return dict(plain(figures))


def _checked_on_noise(
    original: YoloDetector, exported: YoloDetector, wish: Export, unreachable: str
) -> dict[str, Any]:
    """Return how answers to noise differ, where the run's images are not to be had.

    Raises:
        UnlikeError: those of a float32 network do.
    """
    random = np.random.default_rng(0)
    pictures = [
        random.integers(0, 256, (*original.input_hw, 3), dtype=np.uint8)
        for _ in range(NOISE_PICTURES)
    ]
    raw = [np.abs(exported.forward(p) - original.forward(p)).max() for p in pictures]
    largest = float(np.max(raw))
    if not wish.int8 and not largest < TOLERANCE:
        raise UnlikeError(f"the exported network's answers differ by {largest:.2g}")
    return {
        "images": 0,
        "unreachable": unreachable,
        "largest_raw_difference_on_noise": largest,
    }
