import math

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.operating_point import NO_THRESHOLD, best_f1, halfway, operating_point

CLASSES = ("cat", "dog")
A, B, C, D = [0.0, 0, 10, 10], [20.0, 0, 30, 10], [50.0, 0, 60, 10], [70.0, 0, 80, 10]


def test_it_has_the_best_f1():
    founds = [Detections([A, B, C, D], [0.9, 0.6, 0.4, 0.7], [0] * 4)]
    point = operating_point([Annotations([A, B], [0, 0])], founds, CLASSES, None)
    assert point.threshold == 0.5  # halfway between .6 and .4
    assert (point.precision, point.recall) == (pytest.approx(2 / 3), 1.0)
    assert point.f1 == point.chosen_f1 == pytest.approx(0.8)


def test_it_is_told_over_all_images_and_classes_together():
    truths = [Annotations([A], [0]), Annotations([B], [1]), Annotations()]
    founds = [
        Detections([A], [0.8], [0]),
        Detections([B], [0.3], [1]),
        Detections([C], [0.5], [0]),
    ]
    point = operating_point(truths, founds, CLASSES, None)
    assert point.threshold == 0.15  # halfway between .3 and nothing
    assert (point.precision, point.recall) == (pytest.approx(2 / 3), 1.0)


def test_of_equal_thresholds_the_highest_is_taken():
    # from 0.9: 1 of 2 found, nothing wrong, F1 2/3; from 0.1: 2 of 2 found, 2 wrong, F1 2/3
    founds = [Detections([A, C, D, B], [0.9, 0.3, 0.2, 0.1], [0] * 4)]
    assert best_f1([Annotations([A, B], [0, 0])], founds).threshold == pytest.approx(0.6)


def test_on_few_images_an_object_seen_a_little_less_surely_is_not_missed():
    chosen = best_f1([Annotations([A], [0])], [Detections([A, C], [0.9, 0.1], [0, 0])])
    assert chosen.threshold == 0.5


@pytest.mark.parametrize("scores", [(0.5, np.nextafter(0.5, 0)), (5e-324, 0.0), (-1.0, -2.0)])
def test_however_close_two_scores_are_the_threshold_lies_between_them(scores):
    threshold = halfway(np.array(scores), 0)
    assert scores[1] < threshold <= scores[0]
    assert halfway(np.array(scores), 1) <= scores[1]


def test_detections_of_one_score_are_taken_or_left_together():
    founds = [Detections([A, B, B], [0.5] * 3, [0, 0, 0])]
    point = operating_point([Annotations([A], [0])], founds, CLASSES, None)
    assert point.precision == pytest.approx(1 / 3)


def test_ignored_objects_are_neither_missed_nor_wrong_to_find():
    truths = [Annotations([A, B, C], [0, 0, 0], [False, True, True])]
    point = operating_point(truths, [Detections([B, A], [0.9, 0.4], [0, 0])], CLASSES, None)
    assert (point.precision, point.recall, point.f1) == (1.0, 1.0, 1.0)


def test_all_detections_at_the_threshold_are_those_that_were_counted():
    founds = [Detections([A, B, C], [0.9, 1 / 3, 0.1], [0] * 3)]
    point = best_f1([Annotations([A, B], [0, 0])], founds)
    assert len(founds[0].above(point.threshold)) == 2


@pytest.mark.parametrize(
    ("truths", "founds"),
    [
        ([], []),
        ([Annotations()], [Detections()]),
        ([Annotations([A], [0])], [Detections()]),
        ([Annotations()], [Detections([A], [0.9], [0])]),
        ([Annotations([A], [0])], [Detections([B], [0.9], [0])]),
        ([Annotations([A], [0], [True])], [Detections([A], [0.9], [0])]),
    ],
)
def test_without_a_true_positive_the_f1_is_undefined(truths, founds):
    point = best_f1(truths, founds)
    assert point.threshold == NO_THRESHOLD
    assert math.isnan(point.f1)


def test_as_many_detections_as_images_are_wanted():
    with pytest.raises(ValueError, match="not of 2 images"):
        best_f1([Annotations(), Annotations()], [Detections()])
