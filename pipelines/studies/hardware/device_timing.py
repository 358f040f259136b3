"""All forms of both pipelines timed on one device, in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import UserError
from datasets.images import load_image
from datasets.splits import evenly
from pipelines.classical.detector import ClassicalDetector
from pipelines.detections import Detector
from pipelines.evaluation.quality import score
from pipelines.evaluation.timing.latency import measure_latency
from pipelines.evaluation.timing.throughput import measure_throughput
from pipelines.evaluation.undefined import plain
from pipelines.studies.hardware.matrix_products import classical_products_ms, convolutions_ms
from pipelines.studies.hardware.yolo_forms import FORMS, GRAPH, forms
from pipelines.studies.subject import Subject
from pipelines.system import machine, runtime
from pipelines.yolo.storage import load_network

SAMPLES, WARM_UP = 24, 2  # calls a form, and those left out
IMAGES = 12  # that are timed, held decoded
MOST_SCORED = 200  # test images a form's mAP is told from
RATE_SECONDS, BATCHES = 0.5, (1, 4)
NO_FORM = "GrabCut, HOG and SVM"
Row = dict[str, Any]  # as cells keep it: `hardware.Timed` with all its calls


def timed(subject: Subject, threads: int, int8: Path | None, gpu: int = 0) -> list[Row]:
    """Time all forms in this fresh process.

    Args:
        subject: the run.
        threads: of the CPU; 0 for a GPU.
        int8: YOLO's 8-bit form, where there is one.
        gpu: which of them, as the driver counts.
    """
    if not threads:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)  # read when TensorFlow starts
    runtime.set_threads(threads or runtime.usable_cores())
    try:
        device = runtime.choose_device("cpu" if threads else "gpu")
    except UserError as error:
        return [missing("yolo", form, "GPU", 0, str(error)) for form in FORMS[:2]]
    detectors: dict[str, Detector] = {}
    if threads:
        detectors[NO_FORM] = subject.detector("classical", device, threads)
    folder = subject.folder / "models" / "yolo"
    detectors |= dict(forms(folder, int8, threads, gpu=not threads))
    images = evenly(subject.dataset.splits["test"], IMAGES)
    pixels = [load_image(image.path) for image in images]
    latencies = measure_latency(
        detectors,
        lambda number: pixels[number % len(pixels)],
        samples=SAMPLES,
        warm_up=WARM_UP,
        clock=time.perf_counter,
        synchronise=device.synchronise,
    )
    rows = []
    for form, detector in detectors.items():
        rate = measure_throughput(
            detector,
            pixels,
            batches=BATCHES,
            seconds=RATE_SECONDS,
            clock=time.perf_counter,
            synchronise=device.synchronise,
            joules=lambda: None,
        ).best
        rows.append(
            {
                "pipeline": "classical" if form == NO_FORM else "yolo",
                "form": form,
                "device": device.name if not threads else machine.cpu_model(),
                "threads": threads,
                "calls": list(latencies[form].calls),
                "images_per_second": rate,
                "map_50": _map_50(subject, form, detector, threads),
                "products_share": None,
                "note": "",
            }
        )
    if threads == 1:
        _add_products(rows, detectors, folder, pixels[0])
    told: list[Row] = plain(rows)
    return told


def _map_50(subject: Subject, form: str, detector: Detector, threads: int) -> float:
    """Return mAP@.50 of a form; threads change nothing in it, so it is told once a device."""
    if form == NO_FORM:
        return float(subject.pipelines["classical"]["quality"]["map_50"] or nan)
    if threads == 1 and runtime.usable_cores() > 1:
        return nan
    images = evenly(subject.dataset.splits["test"], MOST_SCORED)
    found = [detector.detect(load_image(image.path)) for image in images]
    truth = [image.annotations for image in images]
    return score(truth, found, subject.dataset.classes).map_50


def _add_products(
    rows: Sequence[Row], detectors: Mapping[str, Detector], folder: Path, image: Any
) -> None:
    """Add the share of matrix products to the rows of the classical pipeline and of the graph."""
    classical = detectors[NO_FORM]
    if not isinstance(classical, ClassicalDetector):
        raise TypeError("the classical pipeline is no ClassicalDetector")
    spent = {
        NO_FORM: classical_products_ms(classical, image),
        GRAPH: convolutions_ms(load_network(folder)),
    }
    for row in rows:
        if row["form"] in spent:
            row["products_share"] = min(spent[row["form"]] / float(np.median(row["calls"])), 1.0)


def missing(pipeline: str, form: str, device: str, threads: int, note: str) -> Row:
    """Return the row of what can't be timed, and why."""
    return {
        "pipeline": pipeline,
        "form": form,
        "device": device,
        "threads": threads,
        "calls": [],
        "images_per_second": None,
        "map_50": None,
        "products_share": None,
        "note": note,
    }
