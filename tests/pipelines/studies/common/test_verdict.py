import math

import numpy as np
import pytest

from pipelines.studies.common.verdict import favoured, share_better


def leading_in(share, count=1000):
    """Figures that are above 0 in that share of the resamples and below it in the others."""
    return np.where(np.arange(count) < round(share * count), 1.0, -1.0)


@pytest.mark.parametrize(
    ("share", "favours", "words"),
    [
        (1.0, "classical", "sure: 100.0 %"),
        (0.975, "classical", "sure: 97.5 %"),
        (0.9, "classical", "likely: 90.0 %"),
        (0.6, "neither", "cannot tell: 60.0 % of resamples for the classical pipeline"),
        (0.5, "neither", "cannot tell: 50.0 %"),
        (0.4, "neither", "cannot tell: 60.0 % of resamples for YOLO"),
        (0.1, "yolo", "likely: 90.0 %"),
        (0.0, "yolo", "sure: 100.0 %"),
    ],
)
def test_sureness_follows_from_the_share_of_resamples(share, favours, words):
    name, sureness = favoured({"classical": leading_in(share), "yolo": np.zeros(1000)})
    assert name == favours
    assert sureness.startswith(words)


def test_of_three_the_favoured_one_has_to_beat_its_strongest_rival():
    values = {"classical": leading_in(0.9), "yolo": np.zeros(1000), "toy": np.full(1000, -2.0)}
    assert favoured(values) == ("classical", "likely: 90.0 % of resamples")
    values["toy"] = np.full(1000, 2.0)
    assert favoured(values) == ("toy", "sure: 100.0 % of resamples")
    values["toy"] = 2 * leading_in(0.6)
    assert favoured(values) == ("neither", "cannot tell: 60.0 % of resamples for toy")


@pytest.mark.parametrize("rivals", [("yolo",), ("yolo", "toy")])
def test_where_one_is_not_measured_none_is_favoured(rivals):
    unmeasured = dict.fromkeys(rivals, np.zeros(10)) | {rivals[-1]: np.full(10, math.nan)}
    for values in (
        {"classical": np.ones(10), **unmeasured},
        {**unmeasured, "classical": np.ones(10)},
    ):
        assert favoured(values) == ("neither", "cannot tell: not measured")


def test_one_contender_has_none_to_be_compared_with():
    name, sureness = favoured({"yolo": np.ones(10)})
    assert name == "neither"
    assert "no other contender" in sureness


def test_equal_resamples_are_half_and_unknown_ones_left_out():
    assert share_better([1, 2, 3, math.nan], [0, 2, 4, 1]) == pytest.approx(0.5)
    assert math.isnan(share_better([math.nan], [1.0]))
