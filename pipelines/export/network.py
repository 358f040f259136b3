"""A trained network written for other programs, described, and compared with the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from datasets.annotations import LabelledImage
from datasets.errors import UserError
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.regular_files import content
from models.yolo.exported import FILES, LITERT, exported_forward, write_network
from models.yolo.forward import TOLERANCE
from models.yolo.letterbox import letterbox
from pipelines.detections import Image
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.export.agreement import Agreement, agreement
from pipelines.export.description import (
    MapCheck,
    NetworkDescription,
    NoiseCheck,
    ScoreThreshold,
    network_ends,
    preprocessing,
)
from pipelines.postprocessing.calibration import load_calibration
from pipelines.runs.finished import FinishedRun, open_run
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
    """The form to write, int8 or not (LiteRT only), and where the run's set is, if it has moved."""

    form: str
    int8: bool
    dataset: str | None


def export_network(
    model: ModelFolder, options: ExportOptions, output: Path, track: Track
) -> NetworkDescription:
    """Write the network and ``network.json`` into a new folder and return what the latter holds.

    Raises:
        ConversionError: Keras's export failed.
        UserError: there is no such form, int8 has no training images, or the network can't be
            loaded or the folder used.
        UnlikeError: its boxes are others than the original's; nothing is written.
    """
    form, int8 = options.form, options.int8
    if int8 and form != LITERT:
        raise UserError("--int8 is a form of LiteRT's; give --to litert with it")
    runtime.set_threads(runtime.usable_cores())
    runtime.load_tensorflow()
    network, original = opened(model)
    tested, calibration, unreachable = None, None, ""
    try:
        run, data, tested = _run_images(model, options.dataset)
        if int8:
            calibration = _calibration(run, data, tested, original.input_hw, track)
    except UserError as error:
        if int8:
            raise UserError(f"--int8 needs training images to find its ranges: {error}") from error
        unreachable = str(error)
    with replacing(output) as work:
        path = work / FILES[form]
        write_network(network, form, path, calibration)
        forward = exported_forward(form, path, runtime.usable_cores())
        exported = replace(original, forward=forward)
        check = (
            _checked(original, exported, tested[:MOST_IMAGES], int8, track)
            if tested is not None
            else _checked_on_noise(original, exported, int8, unreachable)
        )
        given, outputs = network_ends(original.input_hw, len(original.classes), form)
        threshold, last = validated_threshold(model), load_calibration(model.path)
        description = NetworkDescription(
            network=path.name,
            form=form,
            int8=int8,
            exported_from=str(model.path),
            libraries=versions(),
            classes=original.classes,
            input=given,
            preprocessing=preprocessing(original.input_hw),
            outputs=outputs,
            nms_iou=original.nms_iou,
            voting_iou=original.voting_iou,
            flip_test=original.flip_test,
            most_detections=original.limit,
            calibration=last if last.changes else None,
            threshold=ScoreThreshold(threshold.score, threshold.source),
            check=check,
        )
        text = msgspec.json.format(msgspec.json.encode(description), indent=2)
        (work / DESCRIPTION).write_bytes(text + b"\n")
    return description


def is_export(folder: Path) -> bool:
    """Say whether a folder is an earlier export."""
    try:
        data = content(folder / DESCRIPTION)
        return "exported_from" in msgspec.json.decode(data, type=dict[str, object])
    except (OSError, ValueError, RecursionError):
        return False


def opened(model: ModelFolder) -> tuple[keras.Model, YoloDetector]:
    """Return the Keras network, and the detector that runs it.

    Raises:
        LoadingError: a file is missing or broken.
    """
    saved, network = saved_yolo(model.path), load_network(model.path)
    return network, detector_of(network, saved.classes, saved.settings, saved.limit)


def _run_images(
    model: ModelFolder, dataset: str | None
) -> tuple[FinishedRun, Path, list[LabelledImage]]:
    """Return the run that the model is part of, where its data set is, and its test images.

    Raises:
        UserError: it is part of none, or its data set can't be read.
    """
    if model.run is None:
        raise UserError(f"{model.path} is in no run's folder")
    run = open_run(model.run)
    data = run_dataset(run, dataset)
    return run, data, test_images(run, data)


def _calibration(
    run: FinishedRun,
    data: Path,
    tested: Sequence[LabelledImage],
    input_hw: tuple[int, int],
    track: Track,
) -> list[Image]:
    """Return input pictures made of training images."""
    names = frozenset(image.name for image in tested)
    pixels = training_pictures(run, data, names, CALIBRATION_PICTURES, track)
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
    ours, theirs = [], []
    for image in track(images, "comparing", len(images)):
        pixels = pixels_of(image)
        theirs.append(exported.detect(pixels))
        ours.append(original.detect(pixels))
    if not int8:
        same = agreement(ours, theirs)
        if not same.holds:
            raise UnlikeError(
                f"the exported network gives other boxes: {same.detections - same.matches} of "
                f"{same.detections} detections in {len(images)} test images have no match"
            )
        return same
    truth = EvaluationImages([image.annotations for image in images], original.classes)
    judged = {"exported": judge(truth, theirs), "original": judge(truth, ours)}
    (more,) = compared(judged, len(images)).values()
    return MapCheck(
        images=len(images),
        exported={name: judged["exported"].once[name] for name in FIGURES},
        original={name: judged["original"].once[name] for name in FIGURES},
        exported_minus_original={name: more[name] for name in FIGURES},
    )


def _checked_on_noise(
    original: YoloDetector, exported: YoloDetector, int8: bool, unreachable: str
) -> NoiseCheck:
    """Return how raw outputs for noise differ, where the run's images can't be read.

    Raises:
        UnlikeError: those of a float32 network do.
    """
    random = np.random.default_rng(0)
    shape = (NOISE_PICTURES, *original.input_hw, 3)
    pictures = random.integers(0, 256, shape, dtype=np.uint8)
    largest = float(np.abs(exported.forward.many(pictures) - original.forward.many(pictures)).max())
    if not int8 and not largest < TOLERANCE:
        raise UnlikeError(f"the exported network's outputs differ by {largest:.2g}")
    return NoiseCheck(unreachable=unreachable, largest_raw_difference_on_noise=largest)
