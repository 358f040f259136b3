import math

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.matching import match
from pipelines.evaluation.operating_point import best_f1

A, B = [0.0, 0, 10, 10], [20.0, 0, 30, 10]


@pytest.mark.parametrize(
    ("truth", "found", "right", "ignored", "missed"),
    [
        (Annotations([A], [0]), Detections([A, A], [0.9, 0.8], [0, 0]), [1, 0], [0, 0], [0]),
        (Annotations([A], [0]), Detections([A], [0.9], [1]), [0], [0], [1]),
        (
            Annotations([A], [0], [True]),
            Detections([A, A], [0.9, 0.8], [0, 0]),
            [0, 0],
            [1, 1],
            [0],
        ),
        (Annotations([A, B], [0, 0]), Detections([B], [0.9], [0]), [1], [0], [1, 0]),
        (Annotations(), Detections([A], [0.9], [0]), [0], [0], []),
        (Annotations([A], [0]), Detections(), [], [], [1]),
        # a real object is preferred to an ignored one that it lies in
        (
            Annotations([[0, 0, 40, 40], A], [0, 0], [True, False]),
            Detections([A], [0.9], [0]),
            [1],
            [0],
            [0, 0],
        ),
    ],
)
def test_each_object_is_found_once_by_the_best_detection(truth, found, right, ignored, missed):
    verdict = match(truth, found)
    assert verdict.true_positive.astype(int).tolist() == right
    assert verdict.ignored.astype(int).tolist() == ignored
    assert verdict.missed.astype(int).tolist() == missed


def test_the_operating_point_has_the_best_f1():
    truths = [Annotations([A, B], [0, 0])]
    founds = [Detections([A, B, [50, 0, 60, 10], [70, 0, 80, 10]], [0.9, 0.6, 0.4, 0.7], [0] * 4)]
    point = best_f1(truths, founds)
    assert point.threshold == 0.6
    assert (point.precision, point.recall) == (pytest.approx(2 / 3), 1.0)
    assert point.f1 == pytest.approx(0.8)


def test_detections_of_one_score_are_taken_or_left_together():
    truths = [Annotations([A], [0])]
    founds = [Detections([A, B, B], [0.5, 0.5, 0.5], [0, 0, 0])]
    assert best_f1(truths, founds).precision == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("truth", "found"),
    [
        (Annotations(), Detections()),
        (Annotations([A], [0]), Detections()),
        (Annotations(), Detections([A], [0.9], [0])),
        (Annotations([A], [0]), Detections([B], [0.9], [0])),
    ],
)
def test_without_a_true_positive_there_is_no_operating_point(truth, found):
    point = best_f1([truth], [found])
    assert math.isnan(point.f1)
    assert np.isfinite(point.threshold)
