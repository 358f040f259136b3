import numpy as np
import pytest

from pipelines.audit.lossy import fitted


def simulated(lost, count=4000, seed=0):
    random = np.random.default_rng(seed)
    features = np.column_stack([random.normal(0, 2, (count, 2)), np.ones(count)])
    chance = 1 / (1 + np.exp(-(features @ [1.5, 0.5, 0.3])))
    is_yes = random.random(count) < chance
    said = is_yes & (random.random(count) >= lost)
    return features, is_yes, said


@pytest.mark.parametrize("lost", [0.0, 0.05, 0.25])
def test_the_share_that_is_lost_is_found_with_the_weights(lost):
    features, _, said = simulated(lost)
    model = fitted(features, said)
    assert model.lost == pytest.approx(lost, abs=0.05)
    assert model.weights == pytest.approx([1.5, 0.5, 0.3], abs=0.25)


def test_as_many_are_yes_where_no_was_said_as_it_says():
    features, is_yes, said = simulated(0.2, count=20_000)
    chance = fitted(features, said).chance_of_no(features)[~said]
    true = is_yes[~said]
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 1)):
        here = (chance >= low) & (chance < high)
        assert here.sum() > 100
        assert true[here].mean() == pytest.approx(chance[here].mean(), abs=0.05)


def test_what_says_the_same_twice_is_worth_no_more_than_once():
    features, _, said = simulated(0.1)
    once = fitted(features, said)
    doubled = np.column_stack([features[:, :1], features])
    twice = fitted(doubled, said)
    assert twice.weights[0] + twice.weights[1] == pytest.approx(once.weights[0], abs=0.1)
    assert twice.chance(doubled) == pytest.approx(once.chance(features), abs=0.02)


def test_few_are_held_to_the_weights_they_had_before():
    features, _, said = simulated(0.1, count=3)
    model = fitted(features, said, prior=[2.0, 1.0, 0.0], held=100.0)
    assert model.weights == pytest.approx([2.0, 1.0, 0.0], abs=0.05)
