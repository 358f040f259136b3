"""What one contender takes: from the main job's figures, and from timing it alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import msgspec

from pipelines.contenders import contender
from pipelines.evaluation.undefined import Number
from pipelines.runs.finished import Subject
from pipelines.runs.metrics import DetectorMetrics
from pipelines.studies.time.own_times import loading_seconds, one_core_rate
from pipelines.system.processes import in_own_process
from pipelines.training import Validation

IMAGES = 10_000  # whose cost is given
SHARES = (0.5, 0.9, 0.99)  # of the final validation mAP, when training first reached them


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
    """What one contender takes.

    Attributes:
        pipeline: its name.
        device: it was timed on.
        threads: it used, but for the figure of one core.
        preparing_seconds: decoding all training images once.
        preparing_in_training: whether that is part of the training's seconds as well.
        training_seconds: of the main job; nan if it was not trained here.
        seconds_to: training until validation mAP had first reached 50, 90 and 99 % of its best, at
            the latest: it is only known when it was validated.
        loading_seconds: from starting Python to a detector that is ready.
        first_call_ms: of the first image.
        steady_call_ms: median of a call, and its interval.
        steady_interval_95: of the median.
        images_per_second_core: with one thread, one image at a time; nan on a GPU.
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

    Args:
        name: of the contender.
        figures: of the main job.
        timed: alone; all nan if there was no time for it.
        decoding_seconds: of all training images; nan likewise.
        threads: of the CPU.
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
