from math import nan

import pytest

from models.yolo.choice import has_levelled_off, is_best


@pytest.mark.parametrize(
    ("figures", "kept"),
    [
        ([0.3], True),
        ([0.3, 0.4], True),
        ([0.4, 0.4], True),
        ([0.4, 0.3], False),
        ([0.4, 0.3, 0.35], False),
        ([0.0, 0.0], True),
    ],
)
def test_the_best_weights_are_kept_and_of_equals_the_later(figures, kept):
    assert is_best(figures) == kept


def test_without_an_object_in_validation_the_last_weights_are_kept():
    assert all(is_best([nan] * validations) for validations in range(1, 10))


@pytest.mark.parametrize(
    ("figures", "levelled"),
    [
        ([], False),
        ([0.5], False),
        ([0.5, 0.515], True),
        ([0.5, 0.4], True),
        ([0.5, 0.53], False),
        ([0.0, 0.01], False),
        ([nan, nan], False),
    ],
)
def test_a_backbone_stays_frozen_until_validation_levels_off(figures, levelled):
    assert has_levelled_off(figures) == levelled
