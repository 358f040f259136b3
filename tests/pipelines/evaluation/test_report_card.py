import json
import math

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.operating_point import ChosenThreshold
from pipelines.evaluation.report_card import (
    EvaluationImages,
    FullQuality,
    compared,
    detect_all,
    judge,
)
from pipelines.evaluation.significance import Difference
from pipelines.evaluation.undefined import convert, decode, encode, plain

CLASSES = ("a", "b")
BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]


def images(count=12, **more):
    return EvaluationImages(
        [Annotations([BOX, FAR], [0, 1]) for _ in range(count)], CLASSES, **more
    )


PERFECT = [Detections([BOX, FAR], [0.9, 0.8], [0, 1])] * 12
HALF = [Detections([BOX], [0.9], [0])] * 6 + [Detections()] * 6


def test_it_says_all_that_metrics_json_promises():
    quality = plain(judge(images(), PERFECT).quality)
    json.dumps(quality, allow_nan=False)
    assert quality["map_50"] == quality["average_recall"] == 1.0
    assert set(quality["conventions"]) >= {"coco", "voc_2007", "voc_2010"}
    assert set(quality["conventions"]["coco"]) == {"map_50", "per_class"}
    assert quality["interval_95"]["map_50"] == [pytest.approx(0.025 ** (1 / 12)), 1.0]
    assert set(quality["errors"]) == {
        *("classification", "localisation", "both", "duplicate", "background", "missed")
    }
    assert quality["operating_point"]["confusion"]["matrix"] == [[12, 0, 0], [0, 12, 0], [0, 0, 0]]
    assert sum(quality["lost"].values()) == 0
    assert quality["recall_ceiling"] == {"detections": 1.0}
    assert quality["small"] == 1.0
    assert quality["medium"] is None
    assert quality["interval_95"]["medium"] == [None, None]


def test_precision_and_recall_are_those_at_a_threshold_chosen_elsewhere():
    found = [Detections([BOX, FAR], [0.9, 0.3], [0, 1])] * 12
    point = judge(images(), found, ChosenThreshold(0.5, 0.75)).quality.operating_point
    assert (point.threshold, point.chosen_on, point.chosen_f1) == (0.5, "validation", 0.75)
    assert (point.precision, point.recall) == (1.0, 0.5)
    assert judge(images(), found).quality.operating_point.chosen_on == "test"


def test_two_detectors_are_compared_pair_by_pair():
    judged = {name: judge(images(), found) for name, found in (("x", PERFECT), ("y", HALF))}
    result = compared(judged, 12)
    assert list(result) == ["x_minus_y"]
    figure = result["x_minus_y"]["map_50"]
    assert figure.verdict == "better"
    assert figure.difference == pytest.approx(1 - 51 / 202)
    assert figure.share_won == 1.0
    same = compared({"x": judged["x"], "z": judged["x"]}, 12)["x_minus_z"]["map_50"]
    assert same.verdict == "cannot_tell"


def test_the_seed_fixes_the_intervals():
    found = [Detections([BOX, FAR], [0.9, 0.8], [place % 2, 1]) for place in range(12)]
    first, second = (judge(images(seed=1), found).quality.interval_95 for _ in range(2))
    assert first == second
    assert first["map_50"][0] < first["map_50"][1]


def test_another_iou_and_inclusive_corners_are_asked_for():
    found = [Detections([[0, 0, 4, 10]], [0.9], [0])] * 12
    quality = judge(images(iou=0.3), found).quality
    assert (quality.at_iou.iou, quality.at_iou.map, quality.map_50) == (0.3, 0.5, 0.0)
    assert quality.at_iou.per_class == {"a": 1.0, "b": 0.0}
    low, high = quality.interval_95["map_30"]
    assert low < 0.5 < high
    corners = EvaluationImages(
        [Annotations([[0, 0, 9, 9]], [0])] * 6, CLASSES, inclusive_pixels=True
    )
    assert judge(corners, [Detections([[0, 0, 4, 9]], [1], [0])] * 6).quality.map_50 == 1.0


@pytest.mark.parametrize("found", [[Detections()], [Detections([BOX], [0.5], [0])]])
def test_no_object_at_all_is_null_and_never_zero(found):
    quality = judge(EvaluationImages([Annotations()], CLASSES), found).quality
    assert math.isnan(quality.map_50)
    written = plain(quality)
    assert written["map_50"] is written["operating_point"]["recall"] is None
    assert all(cost is None for cost in written["errors"].values())


def test_all_figures_come_back_from_json_as_they_were():
    found = [Detections([BOX], [0.9], [0])] * 12
    quality = judge(images(iou=0.3), found).quality
    again = decode(encode(quality), FullQuality)
    assert math.isnan(again.medium)
    assert plain(again) == plain(quality)
    assert again.operating_point == quality.operating_point
    assert again.interval_95["map_50"] == quality.interval_95["map_50"]
    differences = compared({"x": judge(images(), found), "y": judge(images(), PERFECT)}, 12)
    assert plain(convert(plain(differences), dict[str, dict[str, Difference]])) == plain(
        differences
    )


def test_any_object_that_detects_can_be_judged():
    class Mine:
        def detect(self, image):
            return Detections([[0, 0, *image.shape[1::-1]]], [1.0], [0])

    pictures = [np.zeros((10, 20, 3), np.uint8), np.zeros((30, 40, 3), np.uint8)]
    found = detect_all(Mine(), pictures)
    np.testing.assert_array_equal(found[1].boxes, [[0, 0, 40, 30]])
