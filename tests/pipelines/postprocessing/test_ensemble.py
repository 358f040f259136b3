import numpy as np
import pytest

from pipelines.detections import LOWEST_SCORE, Detections
from pipelines.postprocessing.ensemble import joined

CAT, NEAR, FAR = [0, 0, 20, 20], [0, 0, 20, 22], [50, 50, 70, 70]


def test_boxes_of_one_object_are_one_whose_score_is_the_mean():
    both = joined([Detections([CAT], [0.9], [0]), Detections([NEAR], [0.3], [0])])
    assert len(both) == 1
    assert both.scores == pytest.approx([0.6])
    assert both.boxes[0] == pytest.approx([0, 0, 20, (0.9 * 20 + 0.3 * 22) / 1.2])


def test_who_saw_nothing_there_says_0():
    both = joined([Detections([CAT, FAR], [0.9, 0.8], [0, 0]), Detections([CAT], [0.9], [0])])
    assert both.scores == pytest.approx([0.9, 0.4])
    assert joined([Detections(), Detections([CAT], [0.6], [1])]).scores == pytest.approx([0.3])


def test_classes_are_joined_each_for_itself():
    both = joined([Detections([CAT], [0.9], [0]), Detections([CAT], [0.8], [1])])
    assert both.labels.tolist() == [0, 1]
    assert both.scores == pytest.approx([0.45, 0.4])


def test_each_contender_has_one_vote_an_object_and_the_nearest_box_is_it():
    one = Detections([CAT], [0.9], [0])
    two = Detections([NEAR, CAT], [0.8, 0.2], [0, 0])
    both = joined([one, two])
    assert both.scores == pytest.approx([(0.9 + 0.2) / 2, 0.8 / 2])


def test_scores_that_nobody_keeps_are_left_out():
    faint = Detections([CAT], [1.5 * LOWEST_SCORE], [0])
    assert len(joined([faint, Detections()])) == 0
    assert len(joined([faint, faint])) == 1


def test_nothing_joined_is_nothing():
    for nothing in (joined([]), joined([Detections(), Detections()])):
        assert nothing.boxes.shape == (0, 4)


def test_boxes_of_chance_stay_in_their_hull_and_change_nothing_that_was_given():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 80, (3, 30, 2))
    given = [
        Detections(
            np.hstack([each, each + 20]), random.uniform(0.01, 1, 30), random.integers(0, 2, 30)
        )
        for each in corners
    ]
    together = joined(given)
    assert together.boxes.min() >= corners.min()
    assert together.boxes.max() <= corners.max() + 20
    assert 0 < together.scores.max() <= max(each.scores.max() for each in given)
    assert len(together) <= 90
    alone = joined(given[:1])
    assert sorted(alone.scores) == pytest.approx(sorted(given[0].scores))
