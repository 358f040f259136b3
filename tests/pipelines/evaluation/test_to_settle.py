import pytest

from pipelines.evaluation.luck import Luck, Spread
from pipelines.evaluation.significance import LEVEL
from pipelines.evaluation.to_settle import IMAGES, images_to_settle, trainings_to_settle


def images(more, spread=0.02, there=70, luck=()):
    whole = spread**2 + sum(each.variance for each in luck)
    return images_to_settle(more, Spread.seen(whole, there, luck), there, LEVEL)


def trainings(more, by_images, *luck):
    whole = by_images**2 + sum(each.variance for each in luck)
    return trainings_to_settle(more, Spread.seen(whole, 70, luck), LEVEL)


def test_images_that_settle_are_a_range_of_more_images_than_there_are():
    # spread .02 at 70 images: the middle half of what .04 may be is .0265 to .0535, and Student's
    # t of 78 images is 1.99
    settle = images(0.04)
    assert settle.fewest == pytest.approx(70 * (2.85 * 0.02 / 0.0535) ** 2 - 70, abs=2)
    assert settle.most == pytest.approx(70 * (2.82 * 0.02 / 0.0265) ** 2 - 70, rel=0.1)


def test_half_of_difference_and_spread_want_the_same_images():
    assert images(0.02, 0.01) == images(0.04)


def test_a_difference_that_may_well_be_none_has_no_most_images():
    settle = images(0.01)
    assert settle.fewest > 100
    assert settle.most is None


def test_no_number_is_told_for_what_no_number_would_settle():
    assert images(0.0) is None
    assert images(1e-6) is None
    assert images(0.04, there=4) is None


def test_images_do_not_settle_what_trainings_leave_open():
    assert images(0.04, 0.005, luck=(Luck(0.02**2, 3), Luck(0.02**2, 3))) is None


def test_trainings_settle_what_images_do_not():
    # two means of 5 trainings that vary by .02 each, .028 together: .04 wants .0143
    settle = trainings(0.04, 0.002, Luck(0.02**2, 5), Luck(0.02**2, 5))
    middle = 10 * (2.85 / 2) ** 2 * 0.02**2 * 2 / 0.04**2 * 2 - 5
    assert settle.fewest < middle
    assert settle.most is None or settle.most > middle


def test_fewer_trainings_are_wanted_of_a_larger_difference():
    luck = Luck(0.01**2, 5), Luck(0.01**2, 5)
    larger, middle, small = (trainings(more, 0.005, *luck) for more in (0.05, 0.03, 0.02))
    assert larger.most < middle.most
    assert middle.fewest < small.fewest
    assert small.most is None  # images alone leave it open whether there is as little


def test_of_two_trainings_little_is_known_so_that_the_range_is_wide():
    few = trainings(0.03, 0.005, Luck(0.01**2, 2), Luck(0.01**2, 2))
    many = trainings(0.03, 0.005, Luck(0.01**2, 20), Luck(0.01**2, 20))
    assert few.most is None or few.most / few.fewest > 2
    assert many is None or many.most is None or many.most <= 40


def test_nothing_is_told_of_trainings_where_each_was_trained_once_or_images_decide():
    assert trainings(0.04, 0.02) is None
    assert trainings(0.04, 0.03, Luck(0.001**2, 3), Luck(0.001**2, 3)) is None


def test_an_estimate_has_two_figures():
    assert [number for number in IMAGES if 98 <= number <= 120] == [98, 99, 100, 110, 120]
    assert IMAGES[-1] == 990_000
