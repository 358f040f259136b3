"""What one pipeline takes: from the main job's figures, and from timing it alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from pipelines.contenders import contender
from pipelines.studies.common.figures import none_for_nan, number
from pipelines.studies.subject import Subject
from pipelines.studies.time.own_times import loading_seconds, one_core_rate
from pipelines.system.processes import in_own_process

IMAGES = 10_000  # whose cost is told
SHARES = (0.5, 0.9, 0.99)  # of the final validation mAP, when training first reached them


@dataclass(frozen=True)
class PipelineTime:
    """What one pipeline takes.

    Attributes:
        pipeline: its name.
        device: it was timed on.
        threads: it used, but for the figure of one core.
        preparing_seconds: decoding all training images once.
        preparing_in_training: whether that is part of the training's seconds as well.
        training_seconds: of the main job; nan if it was not trained here.
        seconds_to: training until validation mAP had first reached 50, 90 and 99 % of its best, at
            the latest: it is only known when validation was looked at.
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


def timed_alone(subject: Subject, name: str) -> dict[str, float | None]:
    """Return what a pipeline's loading takes, and images a second on one core, as JSON has them."""
    loading = in_own_process(loading_seconds, subject, name, time.time())
    core = in_own_process(one_core_rate, subject, name)
    return {"loading": loading, "core": none_for_nan(core)}


def pipeline_time(
    name: str,
    figures: Mapping[str, Any],
    timed: Mapping[str, float | None] | None,
    decoding: Mapping[str, float] | None,
    threads: int,
) -> PipelineTime:
    """Return one pipeline's row, without the intervals, which the study adds.

    Args:
        name: of the pipeline.
        figures: what ``metrics.json`` has of it.
        timed: what `timed_alone` gave; None if there was no time for it.
        decoding: ``seconds`` all training images take; None likewise.
        threads: of the CPU.
    """
    latency, rate = figures["latency_ms"], figures["throughput"]["best"]
    training = figures.get("training") or {}
    loading, core = (None, None) if timed is None else (timed["loading"], timed["core"])
    return PipelineTime(
        pipeline=name,
        device=latency["device"],
        threads=threads,
        preparing_seconds=nan if decoding is None else decoding["seconds"],
        preparing_in_training=contender(name).decodes_in_training,
        training_seconds=training.get("seconds", nan),
        seconds_to=seconds_to(training.get("history") or ()),
        loading_seconds=number(loading),
        first_call_ms=latency["first_call"],
        steady_call_ms=latency["p50"],
        steady_interval_95=(nan, nan),
        images_per_second_core=number(core),
        hours_for_10000=(number(loading) + IMAGES / rate) / 3600,
        hours_interval_95=(nan, nan),
    )


def seconds_to(history: Sequence[Mapping[str, float | None]]) -> dict[str, float]:
    """Return the seconds after which validation had first reached shares of its best figure.

    Args:
        history: a row each validation, with ``seconds`` and ``validation``, in order.
    """
    known = [
        (float(row["seconds"]), float(row["validation"]))
        for row in history
        if row["seconds"] is not None and row["validation"] is not None
    ]
    best = max((figure for _, figure in known), default=nan)
    return {
        f"{100 * share:g}": next(
            (seconds for seconds, figure in known if figure >= share * best), nan
        )
        for share in SHARES
    }
