import math
from dataclasses import replace

import numpy as np
import pytest

from pipelines.evaluation.resampling import Resampled, bootstrap_counts
from pipelines.evaluation.several import joint_level, pairwise
from pipelines.evaluation.significance import LEVEL, differences
from pipelines.evaluation.undefined import convert, plain

IMAGES = 40
SHARES = bootstrap_counts(IMAGES, seed=0) / IMAGES


def sets_of(skills, count, seed):
    """Give test sets of detectors whose figure is the mean of 40 images' scores, each resampled.

    Images are easy or hard for all detectors alike, as much as each detector varies by itself.
    """
    random = np.random.default_rng(seed)
    for _ in range(count):
        scores = random.normal(0, 1, (IMAGES, len(skills))) + random.normal(0, 1, (IMAGES, 1))
        scores += skills
        once, values = scores.mean(axis=0), SHARES @ scores
        yield {
            name: Resampled({"map": point}, {"map": each}, {"map": IMAGES})
            for name, point, each in zip("abcdef", once, values.T, strict=False)
        }


def judged(given):
    return {pair: each["map"] for pair, each in pairwise(given, IMAGES).items()}


def is_outside(interval):
    return interval[0] > 0 or interval[1] < 0


def test_of_three_equal_detectors_any_is_called_better_in_five_of_a_hundred_test_sets():
    count, wrong, alone = 1000, 0, 0
    for given in sets_of((0, 0, 0), count, seed=1):
        pairs = judged(given).values()
        wrong += any(each.verdict != "cannot_tell" for each in pairs)
        alone += any(is_outside(each.interval_95) for each in pairs)
    assert wrong / count <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / count)
    assert alone / count > 0.1  # what the correction is for


def test_a_clear_difference_is_still_found_among_three():
    found = [judged(given)["a", "c"].verdict for given in sets_of((1, 1, 0), 100, seed=2)]
    assert found.count("better") >= 95


def test_of_two_equal_detectors_a_third_far_behind_costs_nothing():
    count, wrong = 400, 0
    for given in sets_of((0, 0, -3), count, seed=3):
        pairs = judged(given)
        near = pairs["a", "b"]
        assert is_outside(near.deciding_interval) == is_outside(near.interval_95)
        assert pairs["a", "c"].verdict == pairs["b", "c"].verdict == "better"
        wrong += near.verdict != "cannot_tell"
    assert wrong / count <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / count)


@pytest.mark.parametrize("skills", [(0.3, 0, 0.6), (0.5, 0.25, 0, 0.1)])
def test_word_and_interval_never_contradict_each_other(skills):
    words = set()
    for given in sets_of(skills, 100, seed=4):
        for each in judged(given).values():
            words.add(each.verdict)
            assert is_outside(each.deciding_interval) == (each.verdict != "cannot_tell")
            low, high = each.deciding_interval
            assert low <= each.interval_95[0] <= each.interval_95[1] <= high
            assert (each.verdict == "better") <= (each.difference > 0)
    assert words == {"better", "worse", "cannot_tell"}


def test_two_are_judged_as_they_always_were():
    (given,) = sets_of((0, 0.5), 1, seed=5)
    assert pairwise(given, IMAGES) == {("a", "b"): differences(given["a"], given["b"], IMAGES)}
    alone = judged(given)["a", "b"]
    assert alone.corrected_interval is None
    assert alone.deciding_interval == alone.interval_95


def test_more_images_are_wanted_where_more_pairs_are_judged():
    (given,) = sets_of((0, 0.05, 0.1), 1, seed=6)
    alone = differences(given["a"], given["b"], IMAGES)["map"]
    several = judged(given)["a", "b"]
    assert several.verdict == alone.verdict == "cannot_tell"
    assert several.images_to_settle.fewest > alone.images_to_settle.fewest
    assert several.interval_95 == alone.interval_95


def test_an_unknown_difference_takes_no_part():
    (given,) = sets_of((0, 1, 1), 1, seed=7)
    unknown = replace(given["c"], holding={"map": 4})
    pairs = judged({**given, "c": unknown})
    assert np.isnan(pairs["a", "c"].deciding_interval).all()
    assert pairs["a", "c"].verdict == "cannot_tell"
    assert pairs["a", "b"] == replace(
        differences(given["a"], given["b"], IMAGES)["map"],
        corrected_interval=pairs["a", "b"].interval_95,
    )


def test_the_joint_level_lies_between_that_of_one_and_that_of_independent_ones():
    random = np.random.default_rng(0)
    values = random.normal(size=(3, 20_000))
    assert joint_level(values) == pytest.approx(LEVEL ** (1 / 3), abs=0.002)
    assert joint_level(values[:1].repeat(3, axis=0)) == pytest.approx(LEVEL, abs=1e-3)
    ranges = np.array([values[0] - values[1], values[0] - values[2], values[1] - values[2]])
    # Tukey's studentized range of three: 3.314 / √2 = 2.344 spreads.
    assert joint_level(ranges) == pytest.approx(0.9809, abs=0.002)
    values[0, ::2] = math.nan
    assert joint_level(values) == pytest.approx(LEVEL ** (1 / 3), abs=0.003)


def classes_of(skills, seed, classes=20, images=IMAGES):
    """Give two detectors' AP of many classes, in each of which they differ by a class's skill."""
    random = np.random.default_rng(seed)
    names = [f"per_class.{number}.ap_50" for number in range(classes)]
    holding = dict.fromkeys(names, images)
    detectors = {}
    for name, more in zip("ab", (skills, np.zeros(classes)), strict=True):
        scores = random.normal(0, 1, (images, classes)) + more
        once, values = scores.mean(axis=0), (SHARES @ scores).T
        points = dict(zip(names, once.tolist(), strict=True))
        detectors[name] = Resampled(points, dict(zip(names, values, strict=True)), holding)
    return detectors


def test_of_many_equal_classes_any_is_told_apart_in_five_of_a_hundred_test_sets():
    count, wrong, alone = 300, 0, 0
    for seed in range(count):
        (pair,) = pairwise(classes_of(np.zeros(20), seed), IMAGES).values()
        wrong += any(each.verdict != "cannot_tell" for each in pair.values())
        alone += any(is_outside(each.interval_95) for each in pair.values())
    assert wrong / count <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / count)
    assert alone / count > 0.5  # what the correction is for


def test_classes_that_clearly_differ_are_told_apart_among_many():
    skills = np.r_[np.full(3, 1.5), np.zeros(17)]
    (pair,) = pairwise(classes_of(skills, seed=1), IMAGES).values()
    assert [each.verdict for each in pair.values()] == ["better"] * 3 + ["cannot_tell"] * 17
    for each in pair.values():
        assert is_outside(each.deciding_interval) == (each.verdict != "cannot_tell")


def test_figures_that_never_vary_are_no_comparisons():
    random = np.random.default_rng(0)
    values = np.vstack([random.normal(size=1000), np.zeros((5, 1000))])
    assert joint_level(values) == LEVEL


def test_a_difference_can_be_turned():
    (given,) = sets_of((0, 0.5, 1), 1, seed=8)
    there, back = judged(given)["a", "b"], judged(dict(reversed(given.items())))["b", "a"]
    turned = there.turned()
    assert turned.verdict == back.verdict
    assert turned.difference == back.difference
    assert turned.deciding_interval == pytest.approx(back.deciding_interval, abs=0.01)
    assert turned.turned().deciding_interval == there.deciding_interval


def test_differences_written_before_verdicts_were_corrected_can_be_read():
    (given,) = sets_of((0, 0.5), 1, seed=9)
    written = plain(judged(given)["a", "b"])
    del written["corrected_interval"]
    assert convert(written, type(judged(given)["a", "b"])) == judged(given)["a", "b"]
