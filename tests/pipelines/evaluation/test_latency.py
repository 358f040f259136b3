import math

import numpy as np
import pytest

from pipelines.detections import Detections, Stage, run_stages
from pipelines.evaluation.timing import measure_latency

IMAGE = np.zeros((4, 4, 3), np.uint8)


class Clock:
    """A clock that only moves when it is set."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Plain:
    """Takes the given milliseconds a call, the last of them for ever."""

    def __init__(self, clock, *durations_ms, log=None, name=""):
        self.clock, self.durations, self.log, self.name = clock, list(durations_ms), log, name

    def detect(self, image):
        self.clock.seconds += self.durations[0] / 1000
        if len(self.durations) > 1:
            self.durations.pop(0)
        if self.log is not None:
            self.log.append(self.name)
        return Detections()


class Staged:
    """Two stages of 1 and 3 ms; the device works on for 2 more after the second."""

    def __init__(self, clock):
        self.clock, self.pending = clock, 0.0

    def _first(self, image):
        self.clock.seconds += 0.001
        return image

    def _second(self, image):
        self.clock.seconds += 0.003
        self.pending += 0.002
        return Detections()

    @property
    def stages(self):
        return (Stage("first", self._first), Stage("second", self._second))

    def detect(self, image):
        return run_stages(self.stages, image)

    def synchronise(self):
        self.clock.seconds += self.pending
        self.pending = 0.0


def measured(detectors, clock, samples=64, warm_up=2, synchronise=lambda: None):
    return measure_latency(
        detectors,
        lambda number: IMAGE,
        samples=samples,
        warm_up=warm_up,
        clock=clock,
        synchronise=synchronise,
    )


def test_first_call_and_warm_up_are_left_out():
    clock = Clock()
    latency = measured({"a": Plain(clock, 500, 50, 10)}, clock)["a"]
    assert latency.first_call == pytest.approx(500)
    assert (latency.warm_up, latency.samples) == (2, 64)
    assert latency.p50 == latency.p90 == pytest.approx(10)
    assert latency.mean == pytest.approx(10)


def test_every_counted_call_is_kept_in_order():
    clock = Clock()
    latency = measured({"a": Plain(clock, 500, 50, 10, 30, 20)}, clock, samples=4)["a"]
    assert latency.calls == pytest.approx((10, 30, 20, 20))
    assert (latency.p50, latency.mean) == (pytest.approx(20), pytest.approx(20))


class Skipping(Staged):
    """Its first stage answers for itself on every second image."""

    @property
    def stages(self):
        skip = round(self.clock.seconds * 1000) % 2 == 1
        return (Stage("first", self._first), Stage("second", self._second))[skip:]

    def detect(self, image):
        return run_stages(self.stages, image)


def test_stages_that_are_sometimes_skipped_still_add_up():
    clock = Clock()
    skipping = Skipping(clock)
    clock.seconds = 0.001  # the first call has one stage only
    latency = measured({"a": skipping}, clock, samples=4, warm_up=1)["a"]
    assert sum(latency.stages.values()) == pytest.approx(latency.mean)


def test_at_least_one_sample_is_wanted():
    clock = Clock()
    with pytest.raises(ValueError, match="at least 1, not 0"):
        measured({"a": Plain(clock, 1)}, clock, samples=0)


@pytest.mark.parametrize("warm_up", [0, 1])
def test_the_first_call_is_never_counted(warm_up):
    clock = Clock()
    latency = measured({"a": Plain(clock, 500, 10)}, clock, samples=2, warm_up=warm_up)["a"]
    assert (latency.warm_up, latency.first_call) == (1, pytest.approx(500))
    assert latency.mean == pytest.approx(10)


@pytest.mark.parametrize(
    ("samples", "p90", "p99"), [(63, 0, 0), (64, 1, 0), (661, 1, 0), (662, 1, 1)]
)
def test_percentiles_want_enough_samples(samples, p90, p99):
    clock = Clock()
    latency = measured({"a": Plain(clock, 10)}, clock, samples)["a"]
    assert not math.isnan(latency.p50)
    assert (not math.isnan(latency.p90), not math.isnan(latency.p99)) == (bool(p90), bool(p99))


def test_stage_times_add_up_and_wait_for_the_device():
    clock = Clock()
    staged = Staged(clock)
    latency = measured({"a": staged}, clock, synchronise=staged.synchronise)["a"]
    assert latency.stages == {"first": pytest.approx(1), "second": pytest.approx(5)}
    assert sum(latency.stages.values()) == pytest.approx(latency.mean)


def test_detectors_take_turns_image_by_image():
    clock, log = Clock(), []
    both = {name: Plain(clock, 1, log=log, name=name) for name in "ab"}
    measured(both, clock, samples=2)
    assert "".join(log) == "abbaabba"


def test_the_time_of_all_cores_is_given_and_only_of_calls_that_count():
    clock = Clock()
    latency = measure_latency(
        {"a": Plain(clock, 500, 10)},
        lambda number: IMAGE,
        samples=3,
        warm_up=1,
        clock=clock,
        synchronise=lambda: None,
        cpu_clock=lambda: 2 * clock.seconds,
    )["a"]
    assert (latency.mean, latency.cpu) == (pytest.approx(10), pytest.approx(20))
    assert math.isnan(measured({"a": Plain(clock, 10)}, clock)["a"].cpu)


def test_decoding_is_not_timed():
    clock = Clock()

    def slowly(number):
        clock.seconds += 100
        return IMAGE

    latency = measure_latency(
        {"a": Plain(clock, 10)},
        slowly,
        samples=3,
        warm_up=1,
        clock=clock,
        synchronise=lambda: None,
    )["a"]
    assert latency.mean == pytest.approx(10)
