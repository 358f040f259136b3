import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.export.agreement import agreement

BOX = np.array([10.0, 10, 60, 60])
FOUND = Detections([BOX, BOX + 100], [0.9, 0.4], [0, 1])


def test_the_same_detections_all_match():
    result = agreement([FOUND, Detections()], [FOUND, Detections()])
    assert (result.detections, result.matches, result.holds) == (4, 4, True)
    assert (result.least_iou, result.largest_score_difference) == (1.0, 0.0)


def test_rounding_is_measured_and_forgiven():
    other = Detections(np.add(FOUND.boxes, [0, 0, 0.1, 0]), FOUND.scores + 1e-4, FOUND.labels)
    result = agreement([FOUND], [other])
    assert result.holds
    assert result.least_iou == pytest.approx(50 / 50.1)
    assert result.largest_score_difference == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "other",
    [
        Detections(np.add(FOUND.boxes, [0, 0, 1, 0]), FOUND.scores, FOUND.labels),
        Detections(FOUND.boxes, FOUND.scores - 0.01, FOUND.labels),
        Detections(FOUND.boxes, FOUND.scores, [1, 0]),
        Detections(),
    ],
)
def test_another_box_score_or_class_is_no_match(other):
    result = agreement([FOUND], [other])
    assert result.matches == 0
    assert not result.holds


def test_what_only_one_has_is_counted_whichever_it_is():
    more = Detections([*FOUND.boxes, BOX + 50], [0.9, 0.4, 0.2], [0, 1, 0])
    for pair in ((FOUND, more), (more, FOUND)):
        result = agreement([pair[0]], [pair[1]])
        assert (result.detections, result.matches) == (5, 4)
        assert not result.holds


def test_scores_at_the_detectors_own_limit_are_left_out():
    faint = Detections([BOX], [0.001], [0])
    result = agreement([faint], [Detections()])
    assert (result.detections, result.holds) == (0, True)
    assert np.isnan(result.least_iou)
