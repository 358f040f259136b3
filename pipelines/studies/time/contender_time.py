"""What one contender takes: from the main job's figures, and from timing it alone.

The main job has not timed decoding, loading in a fresh process, and one core alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import msgspec

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.splits import evenly
from datasets.threads import in_order
from pipelines.contenders import contender
from pipelines.evaluation.timing import measure_latency
from pipelines.evaluation.undefined import Number
from pipelines.runs.finished import Subject
from pipelines.runs.metrics import DetectorMetrics
from pipelines.system import runtime
from pipelines.system.processes import in_own_process
from pipelines.training import Validation

IMAGES = 10_000  # whose cost is given
SHARES = (0.5, 0.9, 0.99)  # of the final validation mAP, when training first reached them
DECODED = 200  # most training images decoded to time preparing
RATE_IMAGES = 12  # detected in on one core


class TimedAlone(msgspec.Struct, frozen=True):
    """What was timed of a contender alone.

    Attributes:
        loading_seconds: from starting Python to a detector that is ready.
        images_per_second_core: with one thread, one image at a time; nan on a GPU.
    """

    loading_seconds: Number = nan
    images_per_second_core: Number = nan


@dataclass(frozen=True)
class ContenderTime:
    """What one contender takes; `TimedAlone` says more of two figures.

    Attributes:
        pipeline: its name.
        device: it was timed on.
        threads: it used, but for the figure of one core.
        preparing_seconds: decoding all training images once.
        preparing_in_training: whether that is part of the training's seconds as well.
        training_seconds: of the main job; nan if it was not trained here.
        seconds_to: training until validation mAP had first reached 50, 90 and 99 % of its best, at
            the latest: it is only known when it was validated.
        steady_call_ms: median of a call.
        hours_for_10000: loading, and 10,000 images in the best batch on all threads.
        hours_interval_95: by how much calls differ.
    """

    pipeline: str
    device: str
    threads: int
    preparing_seconds: float
    preparing_in_training: bool
    training_seconds: float
    seconds_to: Mapping[str, float]
    loading_seconds: float
    first_call_ms: float
    steady_call_ms: float
    steady_interval_95: tuple[float, float]
    images_per_second_core: float
    hours_for_10000: float
    hours_interval_95: tuple[float, float]


def timed_alone(subject: Subject, name: str) -> TimedAlone:
    """Return what a contender's loading takes, and images a second on one core."""
    return TimedAlone(
        in_own_process(loading_seconds, subject, name, time.time()),
        in_own_process(one_core_rate, subject, name),
    )


def contender_time(
    name: str, figures: DetectorMetrics, timed: TimedAlone, decoding_seconds: float, threads: int
) -> ContenderTime:
    """Return one contender's row, without the intervals, which the study adds.

    ``timed`` is all nan if there was no time for it, and so is what decoding all training images
    takes.
    """
    latency, throughput, training = figures.latency_ms, figures.throughput, figures.training
    detecting = nan if throughput is None else IMAGES / throughput.best
    return ContenderTime(
        pipeline=name,
        device="" if latency is None else latency.device,
        threads=threads,
        preparing_seconds=decoding_seconds,
        preparing_in_training=contender(name).decodes_in_training,
        training_seconds=nan if training is None else training.seconds,
        seconds_to=seconds_to(() if training is None else training.history),
        loading_seconds=timed.loading_seconds,
        first_call_ms=nan if latency is None else latency.first_call,
        steady_call_ms=nan if latency is None else latency.p50,
        steady_interval_95=(nan, nan),
        images_per_second_core=timed.images_per_second_core,
        hours_for_10000=(timed.loading_seconds + detecting) / 3600,
        hours_interval_95=(nan, nan),
    )


def seconds_to(history: Sequence[Validation]) -> dict[str, float]:
    """Return the seconds after which validation had first reached shares of its best figure."""
    known = [row for row in history if not isnan(row.validation)]
    best = max((row.validation for row in known), default=nan)
    return {
        f"{100 * share:g}": next(
            (row.seconds for row in known if row.validation >= share * best), nan
        )
        for share in SHARES
    }


def decoding_seconds(images: Sequence[LabelledImage], threads: int) -> float:
    """Return what decoding all the images takes, estimated from at most 200 of them."""
    some = evenly(images, DECODED)
    started = time.perf_counter()
    for _ in in_order(some, _decode, threads):
        pass
    return (time.perf_counter() - started) * len(images) / len(some)


def _decode(image: LabelledImage) -> None:
    pixels_of(image)


def loading_seconds(subject: Subject, name: str, started: float) -> float:
    """Load a detector in this fresh process and return the seconds since ``started``, a time."""
    runtime.set_threads(runtime.usable_cores(), blas=1)
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
    pixels = [pixels_of(image) for image in images]
    latency = measure_latency(
        {name: detector},
        lambda number: pixels[number % len(pixels)],
        samples=len(pixels),
        warm_up=1,
        clock=time.perf_counter,
        synchronise=device.synchronise,
    )[name]
    return 1000 / latency.mean
