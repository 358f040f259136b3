import numpy as np
import pytest

from pipelines.audit.existence import own_share


def scores(*columns):
    """Scores whose log-odds are those columns."""
    return 1 / (1 + np.exp(-np.stack(columns, axis=1)))


def chance(seed, count=4000):
    return np.random.default_rng(seed).normal(size=count)


def test_contenders_that_err_independently_count_in_full():
    apart = scores(chance(1), chance(2))
    np.testing.assert_allclose(own_share(apart, apart), 1.0, atol=0.05)


def test_of_contenders_that_are_always_alike_each_has_its_part():
    apart, alike = chance(1), chance(2)
    share = own_share(scores(apart, alike, alike), scores(chance(3), chance(4), chance(5)))
    np.testing.assert_allclose(share, [1, 0.5, 0.5], atol=0.05)


def test_objects_that_are_hard_for_all_make_nobody_dependent():
    hard, apart = chance(0), scores(chance(1), chance(2), chance(3))
    at_labels = scores(*(hard + chance(seed) for seed in (4, 5, 6)))
    np.testing.assert_allclose(own_share(apart, at_labels), 1.0, atol=0.1)


def test_contenders_that_are_alike_at_labels_beyond_that_share_their_evidence():
    hard, both, apart = chance(0), chance(1), scores(chance(2), chance(3), chance(4))
    at_labels = scores(hard + chance(5), hard + both, hard + both)
    one, two, three = own_share(apart, at_labels)
    assert one > 0.9
    assert two == pytest.approx(three, abs=0.05)
    assert two < 0.6


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("witnesses", [1, 2])
def test_where_there_is_nothing_to_measure_by_they_count_in_full(count, witnesses):
    nothing = np.full((count, witnesses), 0.5)
    np.testing.assert_array_equal(own_share(nothing, nothing), 1.0)
