import math

import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.operating_point import ChosenThreshold, operating_point

CLASSES = ("cat", "dog")
A, B, FAR = [0.0, 0, 10, 10], [20.0, 0, 30, 10], [70.0, 0, 80, 10]


def point_of(truths, founds, classes, threshold=0.5):
    """Return the operating point at a threshold."""
    chosen = ChosenThreshold(threshold, math.nan)
    return operating_point(truths, founds, CLASSES[:classes], chosen)


def confusion(truths, founds, classes, threshold=0.5):
    return point_of(truths, founds, classes, threshold).confusion


def test_every_object_and_detection_has_its_cell():
    truth = Annotations([A, B, FAR], [0, 1, 1])
    found = Detections([A, B, [40, 0, 50, 10]], [0.9, 0.8, 0.7], [0, 0, 1])
    counted = point_of([truth], [found], 2)
    assert counted.confusion.matrix == ((1, 0, 0), (1, 0, 1), (0, 1, 0))
    assert (counted.precision, counted.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert counted.f1 == pytest.approx(1 / 3)


def test_below_the_threshold_nothing_counts_and_at_it_it_does():
    found = [Detections([A, B], [0.5, 0.4], [0, 0])]
    counted = confusion([Annotations([A], [0])], found, 1, threshold=0.5)
    assert counted.matrix == ((1, 0), (0, 0))
    counted = confusion([Annotations([A], [0])], found, 1, threshold=0.6)
    assert counted.matrix == ((0, 1), (0, 0))


def test_a_duplicate_is_background_taken_for_its_class():
    found = [Detections([A, A], [0.9, 0.8], [0, 0])]
    assert confusion([Annotations([A], [0])], found, 1, 0.5).matrix == ((1, 0), (1, 0))


def test_ignored_objects_and_their_detections_are_nowhere():
    truth = [Annotations([A], [0], [True])]
    assert confusion(truth, [Detections([A], [0.9], [0])], 1, 0.5).matrix == ((0, 0), (0, 0))


def test_an_own_detection_is_not_given_to_a_neighbour_of_another_class():
    truth = Annotations([A, [1, 0, 11, 10]], [0, 1])
    found = Detections([A, [1, 0, 11, 10]], [0.9, 0.8], [1, 0])  # each lies on the other's object
    assert confusion([truth], [found], 2, 0.5).matrix == ((1, 0, 0), (0, 1, 0), (0, 0, 0))


@pytest.mark.parametrize(
    ("truth", "found", "undefined"),
    [
        (Annotations(), Detections(), {"precision", "recall", "f1"}),
        (Annotations([A], [0]), Detections(), {"precision"}),
        (Annotations(), Detections([A], [0.9], [0]), {"recall"}),
    ],
)
def test_a_share_of_nothing_is_undefined(truth, found, undefined):
    counted = point_of([truth], [found], 1)
    names = ("precision", "recall", "f1")
    assert {name for name in names if math.isnan(getattr(counted, name))} == undefined
