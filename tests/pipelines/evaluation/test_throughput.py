import math

import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.evaluation.timing import measure_throughput

IMAGES = [np.zeros((4, 4, 3), np.uint8)] * 3


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Single:
    """100 ms an image, the first call a second; the device works on for 100 more."""

    def __init__(self, clock):
        self.clock, self.calls, self.pending = clock, 0, 0.0

    def detect(self, image):
        self.clock.seconds += 1.0 if self.calls == 0 else 0.1
        self.calls += 1
        self.pending = 0.1
        return Detections()

    def synchronise(self):
        self.clock.seconds += self.pending
        self.pending = 0.0


class Batched(Single):
    """100 ms a call and 25 an image, up to four images; beyond, batches gain nothing."""

    def detect_batch(self, images):
        self.clock.seconds += 0.1 + 0.025 * len(images) * (1 if len(images) <= 4 else 4)
        return [Detections() for _ in images]


def measured(detector, clock, seconds=1.0, joules=lambda: None):
    return measure_throughput(
        detector,
        IMAGES,
        seconds=seconds,
        clock=clock,
        synchronise=detector.synchronise,
        joules=joules,
    )


def test_the_first_call_is_left_out_and_the_device_waited_for():
    clock = Clock()
    rate = measured(Single(clock), clock)
    assert rate.batch_1 == pytest.approx(5.0)
    assert (rate.best, rate.best_batch) == (rate.batch_1, 1)


def test_the_best_batch_is_found():
    clock = Clock()
    rate = measured(Batched(clock), clock)
    assert rate.batch_1 == pytest.approx(5.0)
    assert rate.best_batch == 4
    assert rate.best == pytest.approx(4 / 0.2)


def test_energy_is_that_of_one_image_and_unknown_without_a_counter():
    clock = Clock()
    rate = measured(Single(clock), clock, joules=lambda: 30 * clock.seconds)
    assert rate.joules_per_image == pytest.approx(30 * 0.2)
    assert math.isnan(measured(Single(clock), clock).joules_per_image)


def test_a_slow_detector_is_called_often_enough():
    clock = Clock()
    detector = Single(clock)
    measured(detector, clock, seconds=0.0)
    assert detector.calls == 4


def test_without_an_image_there_is_no_rate():
    clock = Clock()
    with pytest.raises(ValueError, match="at least one image"):
        measure_throughput(
            Single(clock),
            [],
            seconds=1,
            clock=clock,
            synchronise=lambda: None,
            joules=lambda: None,
        )
