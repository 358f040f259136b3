from math import nan

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, judge, judge_trainings
from pipelines.evaluation.resampling import Resampled
from pipelines.evaluation.trainings import mean_quality, over_trainings

BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]
IMAGES = EvaluationImages([Annotations([BOX, FAR], [0, 1])] * 12, ("cat", "dog", "hen"))
BOTH = [Detections([BOX, FAR], [0.9, 0.8], [0, 1])] * 12
CAT = [Detections([BOX], [0.9], [0])] * 12


def training(point, values=(0.4, 0.5, 0.6)):
    return Resampled({"map": point}, {"map": np.array(values)}, {"map": 12})


def test_one_training_is_as_it_was():
    alone = training(0.5)
    assert over_trainings([alone], 0, "yolo") is alone
    assert alone.luck("map") == ()


def test_trainings_are_their_mean_and_their_resamples_hold_their_luck():
    many = np.full(1000, 0.5)
    together = over_trainings([training(0.4, many), training(0.6, many)], 0, "yolo")
    assert together.once["map"] == pytest.approx(0.5)
    assert together.trainings["map"] == (0.4, 0.6)
    assert together.resamples["map"].mean() == pytest.approx(0.5)
    assert together.resamples["map"].std() == pytest.approx(0.1, rel=0.01)  # .141 / √2


def test_the_luck_of_two_contenders_is_independent():
    many = np.full(1000, 0.5)
    given = [training(0.4, many), training(0.6, many)]
    one, two, again = (over_trainings(given, 0, name).resamples["map"] for name in ("a", "b", "a"))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.1
    np.testing.assert_array_equal(one, again)


def test_what_does_not_exist_is_undefined_in_the_mean():
    none = training(nan, (nan, nan, nan))
    assert np.isnan(over_trainings([none, none], 0, "yolo").once["map"])


def test_the_mean_of_quality_is_of_each_figure_and_each_class():
    first, second = (judge(IMAGES, found).quality for found in (BOTH, CAT))
    mean = mean_quality([first, second])
    assert mean.map_50 == pytest.approx(0.75)
    assert mean.per_class["dog"].ap_50 == pytest.approx(0.5)
    assert mean.per_class["dog"].ground_truth == 12
    assert mean.per_class["dog"].precision_50[0] == pytest.approx(0.5)
    assert np.isnan(mean.per_class["hen"].ap_50)


def test_all_trainings_are_judged_together_and_the_rest_is_of_the_first():
    first = judge(IMAGES, BOTH)
    together = judge_trainings(IMAGES, first, [CAT, BOTH], "yolo")
    assert together.quality.map_50 == together.once["map_50"] == pytest.approx(5 / 6)
    assert together.quality.operating_point == first.quality.operating_point
    assert together.trainings["map_50"] == pytest.approx((1, 0.5, 1))
    low, high = together.quality.interval_95["map_50"]
    assert (low < 0.3, high) == (True, 1.0)
