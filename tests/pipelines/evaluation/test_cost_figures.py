from math import isnan, nan

import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.evaluation.cascade import cheapest_cascade, doubts, in_turns
from pipelines.evaluation.cost_figures import Mistakes, cost_figures, saved, seconds_of
from pipelines.evaluation.costs import Costs
from pipelines.evaluation.resampling import RESAMPLES, Units

IMAGES = 20
COSTS = Costs(10.0, 1.0, 0.0)


def mistakes(missed, alarms, seconds=0.1):
    taken = np.full(1 + RESAMPLES, seconds)
    return Mistakes(np.array(missed), np.array(alarms), taken)


def test_figures_are_of_1000_images_with_their_time():
    units = Units.of(IMAGES)
    missed = [1, 0] * (IMAGES // 2)
    found = cost_figures(mistakes(missed, [2] * IMAGES, 0.36), units, 0, Costs(10, 1, 5))
    assert found.missed.value == pytest.approx(500)
    assert found.false_alarms.value == pytest.approx(2000)
    assert found.hours.value == pytest.approx(0.1)
    assert found.cost.value == pytest.approx(10 * 500 + 2000 + 5 * 360)
    for each in (found.missed, found.false_alarms, found.cost):
        low, high = each.interval_95
        assert low <= each.value <= high
        assert low < high  # where all images agree, others may not
    assert 200 < found.missed.interval_95[0] < 400
    assert 600 < found.missed.interval_95[1] < 800


def test_without_costs_there_is_no_cost_and_without_time_none_that_asks_for_it():
    units = Units.of(IMAGES)
    untimed = Mistakes(np.ones(IMAGES, int), np.ones(IMAGES, int), seconds_of(None, RESAMPLES, 0))
    assert isnan(cost_figures(untimed, units, 0).cost.value)
    assert isnan(cost_figures(untimed, units, 0, Costs(1, 1, 1)).cost.value)
    assert cost_figures(untimed, units, 0, Costs(1, 1, 0)).cost.value == pytest.approx(2000)
    assert isnan(cost_figures(untimed, units, 0).hours.value)


def test_calls_are_resampled_about_their_mean():
    values = seconds_of((100.0, 300.0), RESAMPLES, 0)
    assert values[0] == pytest.approx(0.2)
    assert values[1:].mean() == pytest.approx(0.2, abs=0.01)
    assert set(values[1:].round(3)) == {0.1, 0.2, 0.3}


def test_images_of_one_group_are_drawn_together():
    alone, groups = Units.of(IMAGES), Units.of(IMAGES, ["a"] * 10 + ["b"] * 10)
    each = mistakes([0] * 10 + [1] * 10, [0] * IMAGES)
    assert isnan(cost_figures(each, groups, 0).missed.interval_95[0])
    assert not isnan(cost_figures(each, alone, 0).missed.interval_95[0])


def test_who_surely_costs_less_is_better_and_equal_ones_are_not_told_apart():
    random = np.random.default_rng(0)
    missed = random.integers(0, 3, IMAGES)
    detectors = {
        "cheap": mistakes(missed, [0] * IMAGES),
        "dear": mistakes(missed + 1, [3] * IMAGES),
        "same": mistakes(missed, [0] * IMAGES),
    }
    found = saved(detectors, Units.of(IMAGES), 0, COSTS)
    assert found["cheap_against_dear"].verdict == "better"
    assert found["cheap_against_dear"].difference == pytest.approx(1000 * (10 + 3))
    low, high = found["cheap_against_dear"].deciding_interval
    assert low <= 13_000 <= high
    assert found["dear_against_same"].verdict == "worse"
    assert found["cheap_against_same"].verdict == "cannot_tell"
    untimed = Mistakes(missed, missed, np.full(1 + RESAMPLES, nan))
    assert saved({**detectors, "b": untimed}, Units.of(IMAGES), 0, Costs(1, 1, 1)).keys() == {
        "cheap_against_dear",
        "cheap_against_same",
        "dear_against_same",
    }


def test_doubt_is_what_mistakes_are_expected_to_cost():
    found = [Detections([[0, 0, 1, 1]] * 3, [0.9, 0.4, 0.1], [0] * 3), Detections()]
    assert doubts(found, 0.5, Costs(10, 2, 0)) == pytest.approx([2 * 0.1 + 10 * 0.5, 0])


def test_the_second_looks_where_the_first_is_wrong_and_knows_it():
    """Half of the images are hard for the quick one, which says so; the slow one costs time."""
    hard = np.array([1, 0] * (IMAGES // 2))
    detectors = {
        "quick": mistakes(hard, [0] * IMAGES, 0.01),
        "slow": mistakes([0] * IMAGES, [0] * IMAGES, 1.0),
    }
    doubt = {"quick": 5.0 * hard + 0.1, "slow": np.full(IMAGES, 0.1)}
    costs = Costs(10, 1, 5)
    best = cheapest_cascade(detectors, doubt, costs)
    assert (best.first, best.second) == ("quick", "slow")
    assert best.limit == pytest.approx(0.1)
    # Alone: 10 / 2 + .05 for the quick one, 5 for the slow one. In turns: .05 + 5 / 2.
    assert best.validation_cost == pytest.approx(2.55)
    both, again = in_turns(best, detectors, doubt, Units.of(IMAGES), 0)
    assert again.tolist() == hard.astype(bool).tolist()
    assert both.missed.sum() == 0
    assert both.seconds[0] == pytest.approx(0.01 + 0.5)


def test_one_detector_or_one_doubt_can_not_share_the_images():
    one = mistakes([1] * IMAGES, [0] * IMAGES)
    same = np.zeros(IMAGES)
    assert cheapest_cascade({"a": one}, {"a": same}, COSTS) is None
    assert cheapest_cascade({"a": one, "b": one}, {"a": same, "b": same}, COSTS) is None
