import math

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.studies.common.figures import (
    RESAMPLES,
    ends,
    mean_precision,
    medians,
    pairs,
    with_interval,
)

BOX = [[0, 0, 10, 10]]


def test_perfect_detections_of_every_other_image_are_half_with_an_interval_around_it():
    truth = [Annotations(BOX, [0])] * 40
    found = [Detections(BOX, [0.9], [0]) if place % 2 else Detections() for place in range(40)]
    result = mean_precision(truth, found, ("cat",), seed=0)
    assert result.map_50 == pytest.approx(0.5, abs=0.01)
    assert result.map_50_95 == pytest.approx(result.map_50)
    low, high = result.interval_95
    assert 0.2 < low < 0.5 < high < 0.8
    assert len(result.resampled) == RESAMPLES
    assert np.mean(result.resampled) == pytest.approx(0.5, abs=0.05)


def test_the_figure_that_decides_has_the_interval_and_the_resamples():
    truth = [Annotations(BOX, [0])] * 20
    found = [Detections([[0, 0, 10, 7]], [0.9], [0])] * 20  # IoU 0.7: right at 4 of 10 thresholds
    by_50, by_all = (
        mean_precision(truth, found, ("cat",), 0, figure=name) for name in ("map_50", "map_50_95")
    )
    assert by_50.value == by_50.map_50 == by_all.map_50 == pytest.approx(1.0)
    assert by_all.value == by_all.sampled.point == by_50.map_50_95 < 0.6
    assert np.allclose(by_all.resampled, by_all.value, atol=1e-4)
    assert by_all.interval_95[0] < by_all.value < by_all.interval_95[1]


def test_without_an_object_everything_is_undefined():
    result = mean_precision([Annotations()] * 4, [Detections()] * 4, ("cat",), seed=0)
    assert math.isnan(result.map_50)
    assert np.isnan([*result.interval_95, *result.resampled]).all()


def test_every_two_contenders_are_a_pair_in_their_order():
    assert pairs(["c"]) == {}
    assert pairs(["c", "a", "b"]) == {
        "c_against_a": ("c", "a"),
        "c_against_b": ("c", "b"),
        "a_against_b": ("a", "b"),
    }


def test_ends_hold_95_percent_and_are_unknown_with_an_unknown_value():
    assert ends(np.arange(1001.0)) == (25.0, 975.0)
    assert np.isnan(ends(np.array([1.0, math.nan]))).all()


def test_medians_of_resampled_calls_scatter_around_the_median():
    random = np.random.default_rng(0)
    values = medians(random.normal(10, 1, 100), random)
    assert values.shape == (1000,)
    assert 9.5 < np.quantile(values, 0.1) < np.quantile(values, 0.9) < 10.5


def test_a_figure_is_written_with_its_interval():
    assert with_interval(0.9117, (0.87, 0.951)) == "0.912 [0.870 0.951]"
    assert with_interval(0.9117, (0.87, 0.951), 1, " ms") == "0.9 ms [0.9 1.0]"
