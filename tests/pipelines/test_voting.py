import numpy as np

from pipelines.voting import voted


def test_boxes_of_one_class_that_agree_are_averaged_by_score():
    boxes = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]])
    found = voted(
        boxes, np.array([0.6, 0.2, 0.9, 0.5]), np.array([0, 0, 1, 0]), np.array([0, 3]), 0.65
    )
    np.testing.assert_allclose(found, [[0.25, 0, 10.25, 10], [50, 50, 60, 60]])


def test_nothing_kept_gives_nothing():
    empty = np.zeros(0, np.int64)
    assert voted(np.zeros((0, 4)), np.zeros(0), empty, empty, 0.5).shape == (0, 4)
