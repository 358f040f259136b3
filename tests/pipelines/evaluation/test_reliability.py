import math

import numpy as np
import pytest

from pipelines.evaluation.reliability import ReliabilityBin, reliability


def of(scores, right):
    return reliability(np.array(scores, float), np.array(right, bool))


def test_the_error_is_how_far_bins_are_off_on_average_over_detections():
    # Two bins: .85 where half are right, and .2 where all are: (2 · .35 + 1 · .8) / 3.
    found = of([0.8, 0.9 - 1e-9, 0.2], [True, False, True])
    assert found.expected_error == pytest.approx(0.5)
    assert [each.detections for each in found.bins] == [1, 2]
    assert found.bins[0] == ReliabilityBin(1, 0.2, 1.0)
    assert found.bins[1].right == 0.5


def test_scores_that_are_probabilities_have_no_error():
    assert of([0.25] * 4, [True, False, False, False]).expected_error == pytest.approx(0.0)


def test_scores_below_the_least_do_not_count():
    assert of([0.9, 0.049], [True, True]) == of([0.9], [True])


def test_a_score_of_1_is_in_the_last_bin():
    assert of([1.0, 0.95], [True, True]).bins == (ReliabilityBin(2, 0.975, 1.0),)


@pytest.mark.parametrize("scores", [[], [0.01], [0.5, 7.0]])
def test_without_scores_or_with_such_as_are_no_shares_it_is_undefined(scores):
    found = of(scores, [True] * len(scores))
    assert math.isnan(found.expected_error)
    assert found.bins == ()
