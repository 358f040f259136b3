"""A trained network written for other programs, described, and held to the original's boxes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from datasets.annotations import DatasetError, LabelledImage
from datasets.errors import UserError
from datasets.images import load_image
from datasets.progress import Track
from models.yolo.exported import FILES, LITERT, exported_forward, write_network
from models.yolo.forward import TOLERANCE
from models.yolo.letterbox import letterbox
from pipelines.detections import Image
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.evaluation.significance import differences
from pipelines.export.agreement import Agreement, agreement
from pipelines.export.description import (
    MapCheck,
    NetworkDescription,
    NoiseCheck,
    ScoreThreshold,
    network_ends,
    preprocessing,
)
from pipelines.runs.images import run_dataset, test_images, training_pictures
from pipelines.runs.model_folder import ModelFolder, validated_threshold
from pipelines.system import runtime
from pipelines.system.files import replacing
from pipelines.system.machine import versions
from pipelines.yolo.detector import YoloDetector
from pipelines.yolo.storage import load_network, saved_yolo
from pipelines.yolo.training import detector_of

if TYPE_CHECKING:
    import keras

DESCRIPTION = "network.json"
CALIBRATION_PICTURES = 100  # more move the ranges little
MOST_IMAGES = 500  # that an export is checked on
NOISE_PICTURES = 8
FIGURES = ("map_50", "map_50_95")


class UnlikeError(UserError):
    """The exported network gives other boxes than the original; the message says how many."""

    exit_status = 1


@dataclass(frozen=True)
class ExportOptions:
    """What is to be written.

    Attributes:
        form: ``litert``, ``onnx`` or ``saved_model``.
        int8: whether its numbers are; LiteRT's only.
        dataset: where the run's set is now, None for where the run found it.
    """

    form: str
    int8: bool
    dataset: str | None


def export_network(
    model: ModelFolder, options: ExportOptions, output: Path, track: Track
) -> NetworkDescription:
    """Write the network and ``network.json`` into a new folder and return what the latter holds.

    Raises:
        ConversionError: Keras's export failed.
        UserError: it can't be asked for, int8 has no training images, or the network can't be
            loaded or the folder used.
        UnlikeError: its boxes are others than the original's; nothing is written.
    """
    form, int8 = options.form, options.int8
    if int8 and form != LITERT:
        raise UserError("--int8 is a form of LiteRT's; give --to litert with it")
    runtime.set_threads(runtime.usable_cores())
    runtime.load_tensorflow()
    network, original = opened(model)
    images, unreachable = _images(model, options)
    calibration = None
    if int8:
        calibration = _calibration(model, options, images, original.input_hw, unreachable, track)
    with replacing(output) as work:
        path = work / FILES[form]
        write_network(network, form, path, calibration)
        forward = exported_forward(form, path, runtime.usable_cores())
        exported = replace(original, forward=forward)
        check = (
            _checked(original, exported, images, int8, track)
            if images
            else _checked_on_noise(original, exported, int8, unreachable)
        )
        given, answers = network_ends(original.input_hw, len(original.classes), form)
        threshold = validated_threshold(model)
        description = NetworkDescription(
            network=path.name,
            form=form,
            int8=int8,
            exported_from=str(model.path),
            libraries=versions(),
            classes=original.classes,
            input=given,
            preprocessing=preprocessing(original.input_hw),
            output=answers,
            nms_iou=original.nms_iou,
            most_detections=original.limit,
            threshold=ScoreThreshold(threshold.score, threshold.source),
            check=check,
        )
        text = msgspec.json.format(msgspec.json.encode(description), indent=2)
        (work / DESCRIPTION).write_bytes(text + b"\n")
    return description


def is_export(folder: Path) -> bool:
    """Say whether a folder is an earlier export."""
    try:
        values = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and "exported_from" in values


def opened(model: ModelFolder) -> tuple[keras.Model, YoloDetector]:
    """Return the Keras network, and the detector that asks it.

    Raises:
        UserError: a file is missing or broken.
    """
    try:
        saved = saved_yolo(model.path)
        network = load_network(model.path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{model.path}: can't be loaded ({error})") from error
    return network, detector_of(network, saved.classes, saved.settings, saved.limit)


def _images(model: ModelFolder, options: ExportOptions) -> tuple[list[LabelledImage], str]:
    """Return the run's test images, or none and why they are not to be had."""
    metrics = model.metrics()
    if metrics is None or model.run is None:
        return [], f"{model.path} is in no run's folder"
    try:
        images = test_images(model.run, run_dataset(metrics, options.dataset))
    except DatasetError as error:
        return [], str(error)
    return images[:MOST_IMAGES], ""


def _calibration(
    model: ModelFolder,
    options: ExportOptions,
    images: Sequence[LabelledImage],
    input_hw: tuple[int, int],
    unreachable: str,
    track: Track,
) -> list[Image]:
    """Return input pictures made of training images.

    Raises:
        UserError: the data set is not to be had.
    """
    metrics = model.metrics()
    if metrics is None or not images:
        raise UserError(f"--int8 needs training images to find its ranges: {unreachable}")
    try:
        data = run_dataset(metrics, options.dataset)
        tested = frozenset(image.name for image in images)
        pixels = training_pictures(metrics, data, tested, CALIBRATION_PICTURES, track)
    except DatasetError as error:
        raise UserError(f"--int8 needs training images to find its ranges: {error}") from error
    return [letterbox(image, input_hw)[0] for image in pixels]


def _checked(
    original: YoloDetector,
    exported: YoloDetector,
    images: Sequence[LabelledImage],
    int8: bool,
    track: Track,
) -> Agreement | MapCheck:
    """Return how the exported network's detections of the test images differ from the original's.

    A network in int8 is judged by mAP and its paired difference, by the shared evaluator.

    Raises:
        UnlikeError: a float32 network has other boxes.
    """
    given, wanted = [], []
    for image in track(images, "comparing", len(images)):
        pixels = load_image(image.path)
        given.append(exported.detect(pixels))
        wanted.append(original.detect(pixels))
    if not int8:
        same = agreement(wanted, given)
        if not same.holds:
            raise UnlikeError(
                f"the exported network gives other boxes: {same.detections - same.matches} of "
                f"{same.detections} detections in {len(images)} test images have no match"
            )
        return same
    truth = EvaluationImages([image.annotations for image in images], original.classes)
    first, second = judge(truth, given), judge(truth, wanted)
    resamples = (first.resamples, second.resamples)
    more = differences((first.once, second.once), resamples, len(images), first.holding)
    return MapCheck(
        images=len(images),
        exported={name: first.once[name] for name in FIGURES},
        original={name: second.once[name] for name in FIGURES},
        exported_minus_original={name: more[name] for name in FIGURES},
    )


def _checked_on_noise(
    original: YoloDetector, exported: YoloDetector, int8: bool, unreachable: str
) -> NoiseCheck:
    """Return how answers to noise differ, where the run's images are not to be had.

    Raises:
        UnlikeError: those of a float32 network do.
    """
    random = np.random.default_rng(0)
    shape = (NOISE_PICTURES, *original.input_hw, 3)
    pictures = random.integers(0, 256, shape, dtype=np.uint8)
    largest = float(np.abs(exported.forward.many(pictures) - original.forward.many(pictures)).max())
    if not int8 and not largest < TOLERANCE:
        raise UnlikeError(f"the exported network's answers differ by {largest:.2g}")
    return NoiseCheck(unreachable=unreachable, largest_raw_difference_on_noise=largest)
