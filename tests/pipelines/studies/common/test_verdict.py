import math

import numpy as np
import pytest
from scipy.special import ndtri

from pipelines.evaluation.significance import difference_interval
from pipelines.studies.common.verdict import Sampled, favoured, share_better

MANY = 1_000_000  # units, with which the resamples' own shares count


def sampled(values, units=MANY):
    """A figure in resamples, itself their median."""
    return Sampled(float(np.median(values)), np.asarray(values, float), units)


def leading_in(share, count=1000):
    """A figure with normal resamples, which are above 0 in that share of them."""
    values = ndtri((np.arange(count) + 0.5) / count) + ndtri(share)
    return Sampled(float(ndtri(share)), values, MANY)


LEVEL = sampled(np.zeros(1000))


@pytest.mark.parametrize(
    ("share", "favours", "words"),
    [
        (0.999, "classical", "sure: 99.9 %"),
        (0.98, "classical", "sure: 98.0 %"),
        (0.9, "classical", "likely: 90.0 %"),
        (0.6, "neither", "cannot tell: 60.0 %, by resamples of images, for the classical pipeline"),
        (0.5, "neither", "cannot tell: 50.0 %"),
        (0.4, "neither", "cannot tell: 60.0 %, by resamples of images, for YOLO"),
        (0.1, "yolo", "likely: 90.0 %"),
        (0.001, "yolo", "sure: 99.9 %"),
    ],
)
def test_sureness_follows_from_the_share_of_resamples(share, favours, words):
    name, sureness = favoured({"classical": leading_in(share), "yolo": LEVEL})
    assert name == favours
    assert sureness.startswith(words)


def test_of_three_the_favoured_one_has_to_beat_its_strongest_rival():
    figures = {"classical": leading_in(0.9), "yolo": LEVEL, "toy": sampled(np.full(1000, -2.0))}
    assert favoured(figures) == ("classical", "likely: 90.0 %, by resamples of images")
    figures["toy"] = sampled(np.full(1000, 4.0))
    assert favoured(figures)[0] == "toy"
    figures["toy"] = sampled(leading_in(0.6).values[::-1])
    assert favoured(figures)[0] == "neither"


@pytest.mark.parametrize("rivals", [("yolo",), ("yolo", "toy")])
def test_where_one_is_not_measured_none_is_favoured(rivals):
    unmeasured = dict.fromkeys(rivals, sampled(np.zeros(10))) | {rivals[-1]: Sampled.unmeasured()}
    ahead = sampled(np.ones(10))
    for figures in ({"classical": ahead, **unmeasured}, {**unmeasured, "classical": ahead}):
        assert favoured(figures) == ("neither", "cannot tell: not measured")


def test_one_contender_has_none_to_be_compared_with():
    name, sureness = favoured({"yolo": sampled(np.ones(10))})
    assert name == "neither"
    assert "no other contender" in sureness


def test_too_few_images_favour_nobody_whatever_their_resamples():
    ahead = {"classical": sampled(np.ones(1000), units=4), "yolo": sampled(np.zeros(1000), units=4)}
    assert favoured(ahead) == ("neither", "cannot tell: too few images")


@pytest.mark.parametrize("units", [5, 8, 12, 40, 300])
def test_an_axis_is_sure_exactly_where_the_interval_of_a_headline_leaves_out_0(units):
    random = np.random.default_rng(units)
    words = set()
    for _ in range(200):
        point = random.normal(0, 0.05)
        values = point + random.normal(0, 0.02, 1000)
        other = sampled(np.zeros(1000), units)
        name, sureness = favoured({"yolo": Sampled(point, values, units), "toy": other})
        low, high = difference_interval(point, values, units)
        if min(abs(low), abs(high)) > 1e-3:  # quantiles are between two resamples
            assert sureness.startswith("sure") == (low > 0 or high < 0)
            words.add(name if sureness.startswith("sure") else "")
    assert words == {"yolo", "toy", ""}


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
        scores = scores[:, : len(skills)] + skills
        figures = {
            name: Sampled(float(once), values, images)
            for name, once, values in zip(
                "abc", scores.mean(axis=0), (drawn @ scores).T, strict=False
            )
        }
        words.append(favoured(figures)[1].split(":")[0])
    return np.array([words.count("sure"), words.count("sure") + words.count("likely")]) / sets


def test_equals_are_favoured_no_more_often_for_a_third():
    two = shares_favoured((0, 0))  # the same test sets, without the third
    assert two[0] <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 1500)
    assert (shares_favoured((0, 0, 0)) < two).all()
    assert (shares_favoured((0, 0, -0.3)) < two).all()
    assert (shares_favoured((0, 0, -3)) <= two).all()


def test_a_clear_lead_of_one_among_three_is_sure():
    assert shares_favoured((0, 0, 1), sets=100)[0] > 0.9
