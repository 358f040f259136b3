import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.sameness import sameness

BOX = np.array([10.0, 10, 60, 60])
FOUND = Detections([BOX, BOX + 100], [0.9, 0.4], [0, 1])


def test_the_same_detections_are_all_twins():
    told = sameness([FOUND, Detections()], [FOUND, Detections()])
    assert (told.detections, told.twins, told.holds) == (4, 4, True)
    assert (told.least_iou, told.largest_score_difference) == (1.0, 0.0)


def test_rounding_is_measured_and_forgiven():
    other = Detections(np.add(FOUND.boxes, [0, 0, 0.1, 0]), FOUND.scores + 1e-4, FOUND.labels)
    told = sameness([FOUND], [other])
    assert told.holds
    assert told.least_iou == pytest.approx(50 / 50.1)
    assert told.largest_score_difference == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "other",
    [
        Detections(np.add(FOUND.boxes, [0, 0, 1, 0]), FOUND.scores, FOUND.labels),
        Detections(FOUND.boxes, FOUND.scores - 0.01, FOUND.labels),
        Detections(FOUND.boxes, FOUND.scores, [1, 0]),
        Detections(),
    ],
)
def test_another_box_score_or_class_is_no_twin(other):
    told = sameness([FOUND], [other])
    assert told.twins == 0
    assert not told.holds


def test_what_only_one_has_is_counted_whichever_it_is():
    more = Detections([*FOUND.boxes, BOX + 50], [0.9, 0.4, 0.2], [0, 1, 0])
    for pair in ((FOUND, more), (more, FOUND)):
        told = sameness([pair[0]], [pair[1]])
        assert (told.detections, told.twins) == (5, 4)
        assert not told.holds


def test_scores_at_the_detectors_own_limit_are_left_out():
    faint = Detections([BOX], [0.001], [0])
    told = sameness([faint], [Detections()])
    assert (told.detections, told.holds) == (0, True)
    assert np.isnan(told.least_iou)
