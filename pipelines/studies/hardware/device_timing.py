"""All forms of the contenders timed on one device, in a process of its own."""

from __future__ import annotations

import os
import time
import timeit
from collections.abc import Sequence
from math import nan
from pathlib import Path

import msgspec

from datasets.annotations import LabelledImage
from datasets.errors import UserError
from datasets.images import pixels_of
from datasets.splits import evenly
from pipelines.contenders import Contender, Form, Make
from pipelines.detections import Detector
from pipelines.evaluation.quality import score
from pipelines.evaluation.timing import measure_latency, measure_throughput
from pipelines.evaluation.undefined import Number
from pipelines.runs.finished import Subject
from pipelines.system import machine, runtime

SAMPLES, WARM_UP = 24, 2  # calls a form, and those left out
IMAGES = 12  # that are timed, held decoded
MOST_SCORED = 200  # images of each split that a form's mAP is computed on
RATE_SECONDS, BATCHES = 0.5, (1, 4)
REPEATED = 5  # times that matrix products are timed


class FormLatency(msgspec.Struct, frozen=True):
    """One form of one contender on one device.

    Attributes:
        pipeline: the contender's name.
        form: of its detector.
        device: what it is called.
        threads: of the CPU; 0 on a GPU.
        validation_map_50: mAP@.50 of this very form on the validation split, by which a form is
            chosen; nan where it was not scored or is the only one.
        p50_ms: median latency, nan with a note why.
        interval_95: of the median.
        images_per_second: in the best batch.
        map_50: the same on the test split.
        products_share: of the time, in matrix products; nan where that was not measured.
        note: why there is no time.
    """

    pipeline: str
    form: str
    device: str
    threads: int
    validation_map_50: Number
    p50_ms: Number = nan
    interval_95: tuple[Number, Number] = (nan, nan)
    images_per_second: Number = nan
    map_50: Number = nan
    products_share: Number = nan
    note: str = ""


Timing = tuple[FormLatency, tuple[float, ...]]  # with milliseconds of each call


def untimed(row: Contender, form: Form, device: str, threads: int, note: str) -> Timing:
    """Return a form without calls, and why there are none."""
    return FormLatency(row.name, form.name, device, threads, nan, note=note), ()


def forms_of(row: Contender) -> tuple[Form, ...]:
    """Return the forms of a contender: its own, or the one it is loaded in, by its label."""
    return row.forms or (Form(row.label, row.load, on_gpu=row.uses_tensorflow),)


def folder_of(subject: Subject, row: Contender, form: Form, made: Path) -> Path:
    """Return what a form is loaded from: the model's folder, or one made of it in ``made``."""
    return subject.model_folder(row.name) if form.make is None else made / f"{row.name} {form.name}"


def make_form(make: Make, model: Path, images: Sequence[LabelledImage], output: Path) -> str:
    """Make the folder of a form in this fresh process; return why there is none, or nothing."""
    runtime.set_threads(runtime.usable_cores())
    runtime.choose_device("cpu")
    try:
        make(model, images, output)
    except UserError as error:
        return str(error)
    return ""


def timed(subject: Subject, threads: int, made: Path, gpu: int = 0) -> list[Timing]:
    """Time all forms in this fresh process.

    Args:
        subject: the run.
        threads: of the CPU; 0 for a GPU.
        made: holds the folders of forms that were made.
        gpu: which of them, as the driver counts.
    """
    wanted = {
        f"{row.name} {form.name}": (row, form)
        for row in subject.contenders
        for form in forms_of(row)
        if threads or form.on_gpu
    }
    if not threads:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)  # read when TensorFlow starts
    runtime.set_threads(threads or runtime.usable_cores(), blas=1)
    try:
        device = runtime.choose_device("cpu" if threads else "gpu")
    except UserError as error:
        return [untimed(row, form, "GPU", 0, str(error)) for row, form in wanted.values()]
    device_name = machine.cpu_model() if threads else device.name
    results, detectors = [], {}
    for key, (row, form) in wanted.items():
        folder = folder_of(subject, row, form, made)
        if form.make is not None and not folder.is_dir():
            continue
        try:
            detectors[key] = form.load(folder, device, threads or runtime.usable_cores())
        except UserError as error:
            results.append(untimed(row, form, device_name, threads, str(error)))
    pixels = [pixels_of(image) for image in evenly(subject.dataset.splits["test"], IMAGES)]
    latencies = measure_latency(
        detectors,
        lambda number: pixels[number % len(pixels)],
        samples=SAMPLES,
        warm_up=WARM_UP,
        clock=time.perf_counter,
        synchronise=device.synchronise,
    )
    for key, detector in detectors.items():
        row, form = wanted[key]
        throughput = measure_throughput(
            detector,
            pixels,
            batches=BATCHES,
            seconds=RATE_SECONDS,
            clock=time.perf_counter,
            synchronise=device.synchronise,
            joules=lambda: None,
        )
        share = nan
        if threads == 1 and form.products is not None:
            products = form.products(folder_of(subject, row, form, made), pixels[0])
            products()
            fastest = min(timeit.repeat(products, number=1, repeat=REPEATED))
            share = min(1000 * fastest / latencies[key].p50, 1.0)
        own = {split: _map_50(subject, row, detector, threads, split) for split in ("val", "test")}
        timing = FormLatency(
            row.name,
            form.name,
            device_name,
            threads,
            validation_map_50=own["val"],
            images_per_second=throughput.best,
            map_50=own["test"],
            products_share=share,
        )
        results.append((timing, latencies[key].calls))
    return results


def _map_50(
    subject: Subject, row: Contender, detector: Detector, threads: int, split: str
) -> float:
    """Return mAP@.50 of a form on a split, nan where it need not be computed.

    Threads change nothing in it, so it is computed once a device. A form that is the only one is
    not chosen by it, and its figure on the test split is known.
    """
    if len(forms_of(row)) == 1:
        return subject.figures[row.name].kept_map_50 if split == "test" else nan
    if threads == 1 and runtime.usable_cores() > 1:
        return nan
    images = evenly(subject.dataset.splits[split], MOST_SCORED)
    found = [detector.detect(pixels_of(image)) for image in images]
    truth = [image.annotations for image in images]
    return score(truth, found, subject.dataset.classes).map_50
