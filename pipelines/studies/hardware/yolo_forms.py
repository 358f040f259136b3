"""YOLO as it can be deployed: a TensorFlow graph, compiled by XLA, LiteRT, LiteRT in 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets.images import load_image
from datasets.splits import evenly
from models.yolo.exported import LITERT as LITERT_FORM
from models.yolo.exported import write_network
from models.yolo.forward import ConversionError, GraphForward, LiteRtForward
from models.yolo.letterbox import letterbox
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.files import replacing_file
from pipelines.yolo.detector import YoloDetector
from pipelines.yolo.storage import LITERT, load_network, load_yolo

CALIBRATED_ON = 60  # training pictures that show the ranges of activations
GRAPH, XLA, FLOAT, INT8 = "TensorFlow graph", "XLA", "LiteRT float", "LiteRT int8"
FORMS = (GRAPH, XLA, FLOAT, INT8)


def make_int8(subject: Subject, path: Path) -> dict[str, Any]:
    """Write YOLO's 8-bit form and return why there is none, null if there is: in a process."""
    runtime.set_threads(runtime.usable_cores())
    runtime.choose_device("cpu")
    runtime.load_tensorflow()
    network = load_network(subject.folder / "models" / "yolo")
    height, width = network.input_shape[1:3]
    images = evenly(subject.dataset.splits["train"], CALIBRATED_ON)
    pictures = [letterbox(load_image(image.path), (height, width))[0] for image in images]
    try:
        with replacing_file(path) as beside:
            write_network(network, LITERT_FORM, beside, pictures)
    except ConversionError as error:
        return {"failed": str(error)}
    return {"failed": None}


def forms(
    folder: Path, int8: Path | None, threads: int, *, gpu: bool
) -> Iterator[tuple[str, YoloDetector]]:
    """Yield the detector in each form there is, LiteRT first: TensorFlow then loads late.

    Args:
        folder: of the trained YOLO.
        int8: the 8-bit form, where there is one.
        threads: of LiteRT; TensorFlow was told by the runtime.
        gpu: only what can run there.
    """
    plain = load_yolo(folder, threads=threads)
    if not gpu:
        if (folder / LITERT).is_file():
            yield FLOAT, replace(plain, forward=LiteRtForward(folder / LITERT, threads))
        if int8 is not None:
            yield INT8, replace(plain, forward=LiteRtForward(int8, threads))
    runtime.load_tensorflow()
    network = load_network(folder)
    yield GRAPH, replace(plain, forward=GraphForward(network, xla=False))
    yield XLA, replace(plain, forward=GraphForward(network))
