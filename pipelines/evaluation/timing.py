"""How long a detector takes, decoded pixels to final boxes, and how many images a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import nan

import numpy as np

from datasets.progress import Track, silently
from pipelines.detections import BatchDetector, Detector, Image, StagedDetector, run_stages
from pipelines.evaluation.undefined import Number

LEAST_CALLS = 3  # of a batch
P90_SAMPLES, P99_SAMPLES = 64, 662  # fewer leave no sample surely above the percentile


@dataclass(frozen=True)
class Latency:
    """Milliseconds a call; a percentile without enough samples is nan.

    Attributes:
        p50: median.
        p90: wants 64 samples.
        p99: wants 662 samples.
        mean: over all samples.
        samples: calls counted.
        warm_up: calls left out, the first among them.
        first_call: the very first, with all that is set up lazily.
        stages: mean of each named stage, in the very calls counted: together they are the mean.
        calls: every call counted, in the order of the images.
        device: what it was measured on.
        cpu: mean milliseconds of all cores together, what other threads did meanwhile among them.
    """

    p50: float
    p90: Number
    p99: Number
    mean: float
    samples: int
    warm_up: int
    first_call: float
    stages: Mapping[str, float]
    calls: tuple[float, ...]
    device: str = ""
    cpu: Number = nan


@dataclass(frozen=True)
class Throughput:
    """Images a second, decoded pixels to final boxes, one detector working alone.

    Attributes:
        batch_1: one image a call.
        best: in the best batch; a detector that takes no batches has none better than one image.
        best_batch: images a call that gave it.
        joules_per_image: at one image a call, by the machine's energy counter; nan without one.
    """

    batch_1: float
    best: float
    best_batch: int
    joules_per_image: Number


def measure_latency(
    detectors: Mapping[str, Detector],
    image_at: Callable[[int], Image],
    *,
    samples: int = P90_SAMPLES,
    warm_up: int,
    clock: Callable[[], float],
    synchronise: Callable[[], None],
    cpu_clock: Callable[[], float] = lambda: nan,
    track: Track = silently,
) -> dict[str, Latency]:
    """Time detectors on the same images, in turn, so that a slow moment meets all of them.

    One detector has all turns, and is timed alone.

    Args:
        detectors: by name; which goes first alternates.
        image_at: gives the decoded image, ``(H, W, 3)`` uint8 RGB, of a sample's number, as often
            as there are numbers; called outside the timed part.
        samples: calls counted a detector.
        warm_up: calls left out before, at least the first.
        clock: gives seconds.
        synchronise: waits until the device has finished.
        cpu_clock: gives seconds that all of this process's threads have worked.
        track: watches the samples.

    Raises:
        ValueError: no sample is wanted.
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}")
    warm_up = max(warm_up, 1)
    calls: dict[str, list[dict[str, float]]] = {name: [] for name in detectors}
    worked: dict[str, list[float]] = {name: [] for name in detectors}
    rounds = range(warm_up + samples)
    for number in track(rounds, "timing", len(rounds)):
        image = image_at(number)
        names = list(detectors)
        for name in names if number % 2 == 0 else reversed(names):
            before = cpu_clock()
            calls[name].append(_timed_call(detectors[name], image, clock, synchronise))
            worked[name].append(1000 * (cpu_clock() - before))
    return {name: _summary(made, worked[name], warm_up) for name, made in calls.items()}


def _timed_call(
    detector: Detector,
    image: Image,
    clock: Callable[[], float],
    synchronise: Callable[[], None],
) -> dict[str, float]:
    """Return the milliseconds of one call by stage; under "" where a detector has none."""
    synchronise()
    spent: dict[str, float] = {}
    last = clock()

    def stamp(stage: str) -> None:
        nonlocal last
        synchronise()
        now = clock()
        spent[stage] = spent.get(stage, 0.0) + 1000 * (now - last)
        last = now

    if isinstance(detector, StagedDetector):
        run_stages(detector.stages, image, after=stamp)  # which is what its detect does
    else:
        detector.detect(image)
        stamp("")
    return spent


def _summary(calls: list[dict[str, float]], worked: list[float], warm_up: int) -> Latency:
    totals = np.array([sum(call.values()) for call in calls])
    counted, late = totals[warm_up:], calls[warm_up:]
    # A detector may skip a stage, as on an image with nothing in it: then it took no time.
    stages = dict.fromkeys(stage for call in late for stage in call if stage)
    return Latency(
        p50=float(np.percentile(counted, 50)),
        p90=float(np.percentile(counted, 90)) if len(counted) >= P90_SAMPLES else nan,
        p99=float(np.percentile(counted, 99)) if len(counted) >= P99_SAMPLES else nan,
        mean=float(counted.mean()),
        samples=len(counted),
        warm_up=warm_up,
        first_call=float(totals[0]),
        stages={s: float(np.mean([call.get(s, 0.0) for call in late])) for s in stages},
        calls=tuple(counted.tolist()),
        cpu=float(np.mean(worked[warm_up:])),
    )


def measure_throughput(
    detector: Detector,
    images: Sequence[Image],
    *,
    batches: Sequence[int] = (1, 2, 4, 8, 16),
    seconds: float,
    clock: Callable[[], float],
    synchronise: Callable[[], None],
    joules: Callable[[], float | None],
) -> Throughput:
    """Let a detector work alone, ``seconds`` for each batch.

    Args:
        detector: whose ``detect`` takes one image; with ``detect_batch`` batches are tried too.
        images: decoded, ``(H, W, 3)`` uint8 RGB, used again and again.
        batches: sizes to try, 1 among them.
        seconds: least time for each batch; the first call of each is left out.
        clock: gives seconds.
        synchronise: waits until the device has finished.
        joules: the machine's energy counter, None where it has none.

    Raises:
        ValueError: there is no image, or no batch of 1.
    """
    if not images or 1 not in batches:
        raise ValueError("at least one image and a batch of 1 are needed")
    rates: dict[int, float] = {}
    spent = nan
    for batch in batches if isinstance(detector, BatchDetector) else (1,):
        shown = [images[place % len(images)] for place in range(batch)]
        call: Callable[[], object] = partial(detector.detect, shown[0])
        if batch > 1 and isinstance(detector, BatchDetector):
            call = partial(detector.detect_batch, shown)
        call()
        synchronise()
        before, started, calls = joules(), clock(), 0
        while calls < LEAST_CALLS or clock() - started < seconds:
            call()
            synchronise()
            calls += 1
        rates[batch] = calls * batch / (clock() - started)
        after = joules()
        if batch == 1 and before is not None and after is not None:
            spent = (after - before) / calls
    best = max(rates, key=lambda batch: rates[batch])
    return Throughput(rates[1], rates[best], best, spent)
