"""What the main job has not timed: decoding, loading in a fresh process, and one core alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import nan

from joblib import Parallel, delayed

from datasets.annotations import LabelledImage
from datasets.images import load_image
from datasets.splits import evenly
from pipelines.contenders import contender
from pipelines.evaluation.timing import measure_latency
from pipelines.runs.finished import Subject
from pipelines.system import runtime

DECODED = 200  # most training images decoded to time preparing
RATE_IMAGES = 12  # detected in on one core


def decoding_seconds(images: Sequence[LabelledImage], threads: int) -> float:
    """Return what decoding all the images takes, estimated from at most 200 of them."""
    some = evenly(images, DECODED)
    started = time.perf_counter()
    Parallel(n_jobs=threads, prefer="threads")(delayed(_decode)(image) for image in some)
    return (time.perf_counter() - started) * len(images) / len(some)


def _decode(image: LabelledImage) -> None:
    load_image(image.path)


def loading_seconds(subject: Subject, name: str, started: float) -> float:
    """Load a detector in this fresh process and return the seconds since ``started``, a time."""
    runtime.set_threads(runtime.usable_cores())
    device = runtime.choose_device(contender(name).device_choice(subject.settings.device))
    subject.detector(name, device, runtime.usable_cores())
    return time.time() - started


def one_core_rate(subject: Subject, name: str) -> float:
    """Return images a second on one thread, nan where a GPU does the work."""
    runtime.set_threads(1)
    device = runtime.choose_device(contender(name).device_choice(subject.settings.device))
    if device.is_gpu:
        return nan
    detector = subject.detector(name, device, 1)
    images = evenly(subject.dataset.splits["test"], RATE_IMAGES)
    pixels = [load_image(image.path) for image in images]
    latency = measure_latency(
        {name: detector},
        lambda number: pixels[number % len(pixels)],
        samples=len(pixels),
        warm_up=1,
        clock=time.perf_counter,
        synchronise=device.synchronise,
    )[name]
    return 1000 / latency.mean
