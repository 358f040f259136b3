import gc

import pytest

from datasets.collection import without_full_searches


@without_full_searches()
def thresholds(*, refuse):
    if refuse:
        raise ValueError(gc.get_threshold())
    return gc.get_threshold()


def test_full_searches_are_put_off_and_come_back_whatever_happens():
    before = gc.get_threshold()
    assert thresholds(refuse=False)[2] > 1_000_000
    with pytest.raises(ValueError, match="000"):
        thresholds(refuse=True)
    assert gc.get_threshold() == before
