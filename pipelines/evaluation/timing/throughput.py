"""How many images a second, one at a time and in the batch that serves a detector best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from pipelines.detections import BatchDetector, Detector, Image
from pipelines.evaluation.undefined import Number

LEAST_CALLS = 3


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
        clock: seconds.
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
        call = _call_of(detector, [images[place % len(images)] for place in range(batch)])
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


def _call_of(detector: Detector, images: Sequence[Image]) -> Callable[[], object]:
    if len(images) > 1 and isinstance(detector, BatchDetector):
        return lambda: detector.detect_batch(images)
    return lambda: detector.detect(images[0])
