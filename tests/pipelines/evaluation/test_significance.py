import math

import numpy as np
import pytest
from scipy.special import ndtri

from pipelines.evaluation.significance import (
    SURE,
    confidence,
    difference,
    difference_interval,
    interval,
)

RANDOM = np.random.default_rng(0)
SPREAD = RANDOM.normal(0, 0.02, 2000)
ODDS = np.linspace(-1, 1, 2001) * 0.1


def test_an_interval_without_bias_is_student_s_around_the_figure():
    low, high = interval(0.5, 0.5 + SPREAD, 70)
    wanted = 1.9949 * 0.02 * math.sqrt(70 / 69)
    assert (low, high) == (
        pytest.approx(0.5 - wanted, abs=0.004),
        pytest.approx(0.5 + wanted, abs=0.004),
    )


def test_an_interval_is_moved_against_the_bias_of_the_resamples():
    low, high = interval(0.5, 0.51 + SPREAD, 70)
    assert (low + high) / 2 == pytest.approx(0.49, abs=0.005)


@pytest.mark.parametrize(
    ("point", "values", "images"),
    [
        (math.nan, 0.5 + SPREAD, 70),
        (0.5, np.full(100, math.nan), 70),
        (0.5, 0.5 + SPREAD, 4),
        (0.5, np.append(np.full(60, math.nan), np.full(40, 0.5)), 70),
    ],
)
def test_what_is_not_known_has_no_interval(point, values, images):
    assert all(math.isnan(end) for end in interval(point, values, images))


@pytest.mark.parametrize(("images", "low"), [(5, 0.478), (70, 0.949)])
def test_images_that_all_agree_leave_room_for_some_that_do_not(images, low):
    low_end, high_end = interval(1.0, np.ones(1000), images)
    assert (low_end, high_end) == (pytest.approx(low, abs=1e-3), 1.0)
    assert low_end**images == pytest.approx(0.025)  # so rarely none of the others would be drawn
    assert interval(0.0, np.zeros(1000), images) == (0.0, pytest.approx(1 - low_end))


@pytest.mark.parametrize(("images", "verdict"), [(5, "cannot_tell"), (6, "better")])
def test_six_images_that_all_agree_are_a_difference_as_in_a_sign_test(images, verdict):
    result = difference(1.0, 0.0, np.ones(1000), np.zeros(1000), images, images)
    assert result.verdict == verdict
    sure = confidence(1.0, np.ones(1000), images)
    assert sure == pytest.approx(1 - 0.5**images)


@pytest.mark.parametrize("images", [5, 12, 70])
def test_who_is_ahead_is_sure_where_the_interval_says_so(images):
    random = np.random.default_rng(0)
    for more in (-0.2, -0.05, 0.03, 0.2):
        values = more + random.normal(0, 0.05, 1000)
        low, high = difference_interval(more, values, images)
        sure = confidence(more, values, images)
        assert (sure >= SURE) == (low > 0)
        assert (sure <= 1 - SURE) == (high < 0)
        assert low <= np.quantile(values, 0.025) <= np.quantile(values, 0.975) <= high


@pytest.mark.parametrize(
    ("more", "verdict"), [(0.1, "better"), (-0.1, "worse"), (0.01, "cannot_tell")]
)
def test_the_verdict_is_that_of_the_interval(more, verdict):
    result = difference(0.5 + more, 0.5, 0.5 + more + SPREAD, np.full(2000, 0.5), 70, 70)
    assert result.verdict == verdict
    assert result.difference == pytest.approx(more)
    assert (result.images_to_settle is not None) == (verdict == "cannot_tell")


def test_pairing_finds_what_both_share():
    shared = RANDOM.normal(0, 0.2, 2000)
    result = difference(0.52, 0.5, 0.52 + shared + SPREAD / 10, 0.5 + shared, 70, 70)
    assert result.verdict == "better"
    assert result.share_won == 1.0


def test_a_detector_against_itself_cannot_be_told_apart():
    result = difference(0.5, 0.5, 0.5 + SPREAD, 0.5 + SPREAD, 70, 70)
    assert (result.verdict, result.share_won, result.images_to_settle) == ("cannot_tell", 0.5, None)


def test_an_undefined_difference_is_not_decided():
    result = difference(math.nan, 0.5, np.full(10, math.nan), np.full(10, 0.5), 70, 70)
    assert result.verdict == "cannot_tell"
    assert math.isnan(result.difference)
    assert result.images_to_settle is None


@pytest.mark.parametrize(("images", "t"), [(5, 2.776), (11, 2.228), (70, 1.995)])
def test_an_interval_is_as_wide_as_student_s_t_of_the_tables(images, t):
    values = ndtri(np.linspace(0, 1, 100_001)[1:-1])
    low, high = interval(0.0, values, images)
    wanted = t * math.sqrt(images / (images - 1))
    assert (low, high) == (pytest.approx(-wanted, abs=0.005), pytest.approx(wanted, abs=0.005))
