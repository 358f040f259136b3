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


def shares_favoured(skills, sets=1500, images=40):
    """In which share of test sets one of such detectors is favoured surely, and at all.

    Their figure is the mean of 40 images' scores; images are easy or hard for all of them alike.
    """
    random = np.random.default_rng(0)
    drawn = random.multinomial(images, np.full(images, 1 / images), 400) / images
    words = []
    for _ in range(sets):
        scores = random.normal(0, 1, (images, 3)) + random.normal(0, 1, (images, 1))
        values = drawn @ (scores[:, : len(skills)] + skills)
        words.append(favoured(dict(zip("abc", values.T, strict=False)))[1].split(":")[0])
    return np.array([words.count("sure"), words.count("sure") + words.count("likely")]) / sets


def test_equals_are_favoured_no_more_often_for_a_third():
    two = shares_favoured((0, 0))  # the same test sets, without the third
    assert two[0] < 0.08  # resamples of 40 images vary a little too little for 0.05
    assert (shares_favoured((0, 0, 0)) < two).all()
    assert (shares_favoured((0, 0, -0.3)) < two).all()
    assert (shares_favoured((0, 0, -3)) <= two).all()


def test_a_clear_lead_of_one_among_three_is_sure():
    assert shares_favoured((0, 0, 1), sets=100)[0] > 0.9
