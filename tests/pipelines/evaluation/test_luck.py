import math

import numpy as np
import pytest

from pipelines.evaluation.luck import Luck, Spread, effective_freedom
from pipelines.evaluation.resampling import Resampled, bootstrap_counts
from pipelines.evaluation.significance import (
    SURE,
    confidence,
    difference_in,
    difference_interval,
    interval,
    intervals,
)
from pipelines.evaluation.trainings import over_trainings

IMAGES = 40
SHARES = bootstrap_counts(IMAGES, seed=0) / IMAGES
NORMAL = np.random.default_rng(0).normal(0, 1, 4000)


def test_luck_is_the_variance_of_the_mean():
    luck = Luck.of([0.4, 0.6])
    assert luck.variance == pytest.approx(0.01)
    assert luck.if_trained(2).variance == pytest.approx(0.005)
    assert luck.if_trained(2).trainings == 4


def test_images_alone_have_one_degree_of_freedom_less_than_they_are():
    assert Spread.seen(0.01, 20).freedom == pytest.approx(19)
    assert Spread.seen(0.01, 20).variance == pytest.approx(0.01 * 20 / 19)


def test_degrees_of_freedom_are_of_the_larger_part():
    assert effective_freedom([(1.0, 39), (0.0, 1)]) == pytest.approx(39)
    assert effective_freedom([(0.0, 39), (1.0, 1)]) == pytest.approx(1)
    assert effective_freedom([(1.0, 39), (1.0, 1)]) == pytest.approx(4 / (1 / 39 + 1))
    assert math.isinf(effective_freedom([(0.0, 39)]))


def test_two_trainings_that_differ_alone_make_an_interval_of_student_s_t_with_one_degree():
    values, luck = 0.5 + 0.01 * NORMAL, (Luck(0.01**2, 2),)
    of_one = interval(0.5, values, 70, None, luck)
    for ends in (of_one, difference_interval(0.5, values, 70, luck=luck)):
        assert np.subtract(ends, 0.5) == pytest.approx([-0.127, 0.127], rel=0.1)


def test_who_is_ahead_is_sure_where_the_interval_with_luck_says_so():
    luck = (Luck(0.04**2, 3), Luck(0.02**2, 3))
    for more in (-0.4, -0.2, -0.05, 0.03, 0.15, 0.4):
        values = more + 0.05 * NORMAL
        low, high = difference_interval(more, values, 40, luck=luck)
        sure = confidence(more, values, 40, luck)
        assert (sure >= SURE) == (low > 0)
        assert (sure <= 1 - SURE) == (high < 0)


def sets_of(trainings, luck, count, seed):
    """Give test sets of two equal detectors: the mean of 40 images' scores, by some trainings.

    Images are easy or hard for all, for each detector and for each training, and trainings are
    lucky by themselves.
    """
    random = np.random.default_rng(seed)
    for number in range(count):
        shared = random.normal(0, 0.1, (IMAGES, 1))
        found = {}
        for name in "ab":
            scores = 0.5 + shared + random.normal(0, 0.1, (IMAGES, 1))
            scores = scores + random.normal(0, 0.05, (IMAGES, trainings))
            scores += random.normal(0, luck, trainings)
            each = [
                Resampled({"map": one.mean()}, {"map": SHARES @ one}, {"map": IMAGES})
                for one in scores.T
            ]
            found[name] = over_trainings(each, number, name)
        yield found


@pytest.mark.parametrize("trainings", [2, 3, 5])
@pytest.mark.parametrize("luck", [0.0, 0.04])
def test_intervals_of_few_trainings_hold_the_truth(trainings, luck):
    count, held, apart = 300, np.zeros(2), 0
    for found in sets_of(trainings, luck, count, seed=trainings):
        spans = [intervals(each)["map"] for each in found.values()]
        held += [low <= 0.5 <= high for low, high in spans]
        apart += difference_in("map", found["a"], found["b"], IMAGES).verdict != "cannot_tell"
    assert (held / count >= 0.9).all()
    assert apart / count <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / count)


def test_one_training_each_tells_equal_detectors_apart_by_their_luck():
    sets = list(sets_of(1, 0.06, 100, seed=0))
    apart = [difference_in("map", found["a"], found["b"], IMAGES).verdict for found in sets]
    assert apart.count("cannot_tell") < 0.7 * len(sets)
    assert difference_in("map", *sets[0].values(), IMAGES).trainings == 1
