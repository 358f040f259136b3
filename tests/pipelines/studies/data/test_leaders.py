from itertools import pairwise, permutations

import numpy as np
import pytest

from pipelines.studies.data.curve_fit import PowerLaw
from pipelines.studies.data.leaders import NARROW, Stretch, leading, stretches

# 0.6 - n^-.5 and 0.9 - 4 n^-.5 are equal at n = 100.
IMAGES = 200  # test images, so many that few resamples are as good as any
EARLY, LATE, NEVER = (0.6, 1.0), (0.9, 4.0), (0.3, 1.0)


def curve(ceiling, loss, spread=0.0, seed=0, rows=400):
    """A law and its resamples, whose ceilings vary by so much."""
    varied = ceiling + spread * np.random.default_rng(seed).normal(size=rows)
    return PowerLaw(np.append(ceiling, varied), np.full(rows + 1, loss), np.full(rows + 1, 0.5))


def curves(spread=1e-6, **laws):
    """Curves by contender, each with resamples of its own."""
    return {name: curve(*law, spread, seed) for seed, (name, law) in enumerate(laws.items())}


@pytest.mark.parametrize("order", [*permutations("abc")])
def test_each_that_is_ahead_is_named_between_the_crossings_in_whatever_order(order):
    laws = {"a": (0.5, 0.2), "b": (0.7, 1.6), "c": (0.9, 4.8)}  # cross at 49 and at 256
    found = stretches(curves(**{name: laws[name] for name in order}), 10, 1000, IMAGES)
    assert [each.best for each in found] == [("a",), ("b",), ("c",)]
    edges = [found[0].start, *(each.end for each in found)]
    assert edges == pytest.approx([10, 49, 256, 1000], rel=0.02)
    assert leading(found, 3) == (
        "measured with 10 to 1000 training images: below about 49 a is best, from there to about "
        "260 b is best, beyond that c is best"
    )


def test_around_a_crossing_no_difference_is_seen_where_resamples_disagree():
    found = stretches(curves(0.02, few=EARLY, many=LATE), 10, 1000, IMAGES)
    assert [each.best for each in found] == [("few",), ("few", "many"), ("many",)]
    assert found[1].start < 100 < found[1].end
    assert "no difference is seen, beyond that many is best" in leading(found, 2)


def test_two_of_three_that_cannot_be_told_apart_are_named():
    found = stretches(curves(0.01, few=EARLY, same=EARLY, third=NEVER), 10, 1000, IMAGES)
    assert leading(found, 3) == (
        "measured with 10 to 1000 training images: throughout few or same is best, with no "
        "difference seen between them"
    )


@pytest.mark.parametrize("law", [LATE, (0.0, 0.0)])
def test_equal_curves_are_a_tie_even_where_nothing_is_learnt(law):
    found = stretches(curves(a=law, b=law, c=law), 10, 160, IMAGES)
    assert found == (Stretch(10, 160, ("a", "b", "c")),)
    assert leading(found, 3).endswith("images: throughout no difference is seen")


@pytest.mark.parametrize(("fewest", "most", "best"), [(10, 90, "few"), (110, 1000, "many")])
def test_a_crossing_beyond_what_was_measured_is_not_spoken_of(fewest, most, best):
    (only,) = stretches(curves(few=EARLY, many=LATE), fewest, most, IMAGES)
    assert only == Stretch(fewest, most, (best,))


def test_a_tie_near_an_end_is_kept_and_a_narrow_one_between_is_a_crossing():
    near = stretches(curves(0.002, few=EARLY, many=LATE), 10, 101, IMAGES)
    assert [each.best for each in near] == [("few",), ("few", "many")]
    assert near[-1].end < NARROW * near[-1].start
    inside = stretches(curves(0.002, few=EARLY, many=LATE), 10, 1000, IMAGES)
    assert [each.best for each in inside] == [("few",), ("many",)]
    assert inside[0].end == inside[1].start == pytest.approx(100, rel=0.03)


def test_stretches_follow_each_other_from_the_fewest_to_the_most():
    for spread in (0.0, 0.01, 0.05):
        found = stretches(curves(spread, a=EARLY, b=LATE, c=(0.8, 2.6)), 16, 800, IMAGES)
        assert (found[0].start, found[-1].end) == (16, 800)
        for before, after in pairwise(found):
            assert before.end == after.start
            assert before.best != after.best


def test_one_curve_or_no_room_between_sizes_leaves_nothing_to_say():
    assert stretches(curves(a=EARLY), 10, 160, IMAGES) == ()
    assert stretches(curves(a=EARLY, b=LATE), 40, 40, IMAGES) == ()


@pytest.mark.parametrize(("images", "best"), [(2, ("a", "b")), (200, ("a",))])
def test_few_test_images_make_nobody_the_best(images, best):
    (only,) = stretches(curves(0.001, a=(0.8, 1.0), b=(0.5, 1.0)), 10, 100, images)
    assert only.best == best


def test_of_three_the_highest_is_held_against_both_others():
    close = {"a": (0.800, 1.0), "b": (0.7862, 1.0)}  # apart by about two standard errors
    two = stretches(curves(0.005, **close), 10, 100, IMAGES)
    three = stretches(curves(0.005, **close, c=(0.7862, 1.0)), 10, 100, IMAGES)
    assert [two[0].best, three[0].best] == [("a",), ("a", "b", "c")]
