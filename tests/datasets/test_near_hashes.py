import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets import near_hashes
from datasets.near_hashes import families, nearest


def hashes_of(seed, count, flips=6):
    """Few motifs, of each many hashes that differ from it in some bits, and some from nothing."""
    random = np.random.default_rng(seed)
    motifs = random.integers(2**64, size=max(count // 8, 1), dtype=np.uint64)
    made = random.choice(motifs, count)
    for _ in range(flips):
        bits = np.uint64(1) << random.integers(64, size=count, dtype=np.uint64)
        made = np.where(random.random(count) < 0.5, made ^ bits, made)
    return made


def distances(first, second):
    return np.bitwise_count(first[:, None] ^ second[None, :]).astype(int)


@pytest.mark.parametrize("most_bits", [0, 1, 4])
@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_is_that_of_all_pairs_and_the_first_of_equal_ones(seed, most_bits):
    known = hashes_of(seed, 150)
    asked = np.concatenate([known[::5], hashes_of(seed, 60), hashes_of(seed + 100, 30)])
    places, bits = nearest(known, asked, most_bits)
    apart = distances(asked, known)
    least = apart.min(axis=1)
    near = least <= most_bits
    assert near.any()
    assert not near.all()
    np.testing.assert_array_equal(places, np.where(near, apart.argmin(axis=1), -1))
    np.testing.assert_array_equal(bits, np.where(near, least, -1))


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_families_are_those_of_all_pairs(block, monkeypatch):
    monkeypatch.setattr(near_hashes, "BLOCK", block)
    made = hashes_of(5, 200)
    links = coo_array(distances(made, made) <= 4)
    count, wanted = connected_components(links, directed=False)
    assert 20 < count < 180
    got = families(made, 4)
    assert len({*zip(wanted.tolist(), got.tolist(), strict=True)}) == count == len(np.unique(got))


def test_without_a_hash_there_is_no_family_and_nothing_near():
    none, one = np.zeros(0, np.uint64), np.array([5], np.uint64)
    assert families(none, 4).tolist() == []
    assert families(one, 4).tolist() == [0]
    assert [each.tolist() for each in nearest(none, one, 4)] == [[-1], [-1]]
    assert [each.tolist() for each in nearest(one, none, 4)] == [[], []]


def test_only_hashes_that_share_parts_are_compared(monkeypatch):
    """All pairs of 20,000 would be 200 million, of which chance lets one or two share 27 bits."""
    compared = []
    count = np.bitwise_count

    def counted(pairs):
        compared.append(len(pairs))
        return count(pairs)

    monkeypatch.setattr(np, "bitwise_count", counted)
    made = np.random.default_rng(0).integers(2**64, size=20_000, dtype=np.uint64)
    families(made, 4)
    nearest(made[:10_000], made[10_000:], 4)
    assert sum(compared) < 2_000
