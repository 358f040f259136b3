import numpy as np
import pytest

from pipelines.detections import SourcedDetections
from pipelines.postprocessing.nms import nms_indices, suppress, voted

BOXES = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]])
LABELS = np.array([0, 0, 1, 0])
SCORES = np.array([0.6, 0.2, 0.9, 0.5])


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({}, [2, 0, 3]),
        ({"iou_threshold": 0.9}, [2, 0, 3, 1]),
        ({"score_threshold": 0.55}, [2, 0]),
        ({"limit": 2}, [2, 0]),
        ({"score_threshold": 0.95}, []),
    ],
)
def test_the_best_box_of_a_class_drops_those_of_its_class_it_overlaps(change, rows):
    limits = {"iou_threshold": 0.5, "score_threshold": 0.001, "limit": 10} | change
    assert nms_indices(BOXES, SCORES, LABELS, **limits).tolist() == rows
    assert suppress(BOXES, SCORES, LABELS, **limits).scores.tolist() == SCORES[rows].tolist()


def test_boxes_of_one_class_that_agree_are_averaged_by_score():
    found = voted(BOXES, SCORES, LABELS, np.array([0, 3]), 0.65)
    np.testing.assert_allclose(found, [[0.25, 0, 10.25, 10], [50, 50, 60, 60]])


def test_suppressed_boxes_vote_where_that_is_asked_for():
    limits = {"iou_threshold": 0.5, "score_threshold": 0.001, "limit": 10}
    found = suppress(BOXES, SCORES, LABELS, **limits, voting_iou=0.8)
    moved = np.array([[0, 0, 10, 10], [0.25, 0, 10.25, 10], [50, 50, 60, 60]])
    np.testing.assert_allclose(found.boxes, moved)
    assert found.scores.tolist() == [0.9, 0.6, 0.5]
    apart = suppress(BOXES, SCORES, LABELS, **limits, voting_iou=0.85)  # IoU is 9/11
    np.testing.assert_array_equal(apart.boxes, BOXES[[2, 0, 3]])
    faint = suppress(BOXES, SCORES / 5, LABELS, **limits, voting_iou=0.8)  # 0.04 has no vote
    np.testing.assert_array_equal(faint.boxes, BOXES[[2, 0, 3]])


def test_nothing_kept_gives_nothing():
    empty = np.zeros(0, np.int64)
    assert voted(np.zeros((0, 4)), np.zeros(0), empty, empty, 0.5).shape == (0, 4)


def test_sources_are_read_only_and_one_a_detection():
    found = SourcedDetections(BOXES[[2, 0]], [0.9, 0.6], [1, 0], [True, False])
    assert found.from_grabcut.tolist() == [True, False]
    with pytest.raises(ValueError, match="read-only"):
        found.from_grabcut[0] = False
    with pytest.raises(ValueError, match="shape"):
        SourcedDetections(BOXES[:1], [0.9], [1], [True, False])
