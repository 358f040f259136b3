import numpy as np
import pytest

from datasets.equal_keys import with_equal_keys


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (40, 30)])
def test_all_pairs_of_equal_keys_come_in_the_order_of_those_asked_for(sizes, block):
    random = np.random.default_rng(0)
    asked, known = (random.integers(0, 6, size) for size in sizes)
    parts = [*with_equal_keys(asked, known, block)]
    wanted = [(a, b) for a in range(len(asked)) for b in range(len(known)) if asked[a] == known[b]]
    assert [pair for rows, places in parts for pair in zip(rows, places, strict=True)] == wanted
    most = max((int((known == key).sum()) for key in asked), default=0)
    assert all(len(rows) <= max(block, most) for rows, _ in parts)
