"""Hashes of 64 bits that differ in few, found without comparing each with each.

Of seven parts of a hash, four bits can change at most four: two hashes that are near have three
parts in common. So only those are compared that share three parts, for each choice of three, which
for a million images are few, where all pairs would be 500 billion.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.equal_keys import with_equal_keys

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

IN_COMMON = 3  # parts that are compared at once: 27 bits, which few hashes share by chance
BLOCK = 4_000_000  # pairs compared together


def nearest(known: Hashes, asked: Hashes, most_bits: int) -> tuple[Places, Places]:
    """Return the known hash nearest to each that is asked for, and in how many bits they differ.

    Both are ``(M,)``: places among the known, the first of those equally near, -1 where none
    differs in so few bits.
    """
    some, first = np.unique(known, return_index=True)
    wanted, whose = np.unique(asked, return_inverse=True)
    none = (most_bits + 1) * max(len(known), 1)
    best = np.full(len(wanted), none, np.int64)
    for rows, places, bits in _near(some, wanted, most_bits):
        np.minimum.at(best, rows, bits * len(known) + first[places])
    best = best[whose]
    is_near = best < none
    count = max(len(known), 1)
    return np.where(is_near, best % count, -1), np.where(is_near, best // count, -1)


def families(hashes: Hashes, most_bits: int) -> Places:
    """Return a number for each hash, the same for those that are near and for whatever is between.

    ``(N,)``; two that differ in at most so many bits have one.
    """
    some, whose = np.unique(hashes, return_inverse=True)
    numbers = np.arange(len(some))  # of each hash's family so far
    for mask in _masks(most_bits):
        apart = _apart(some & mask, numbers)
        _, first_of = np.unique(numbers, return_index=True)
        links = [np.stack([np.arange(len(some)), first_of[numbers]])]
        for rows, places, _ in _sharing(some[apart], some[apart], mask, most_bits):
            links.append(np.stack([apart[rows], apart[places]]))
        first, second = np.concatenate(links, axis=1)
        shape = (len(some), len(some))
        graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=shape)
        numbers = connected_components(graph, directed=False)[1].astype(np.int64)
    return numbers[whose]


def _apart(keys: Hashes, numbers: Places) -> Places:
    """Return the hashes that share their key with one of another number: the others are done."""
    order = np.argsort(keys, kind="stable")
    ranked = numbers[order]
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]) != 0)
    if not len(starts):
        return order
    mixed = np.minimum.reduceat(ranked, starts) < np.maximum.reduceat(ranked, starts)
    sizes = np.diff(starts, append=len(order))
    return order[np.repeat(mixed, sizes)]


def _near(known: Hashes, asked: Hashes, most_bits: int) -> Iterator[tuple[Places, Places, Places]]:
    for mask in _masks(most_bits):
        yield from _sharing(known, asked, mask, most_bits)


def _sharing(
    known: Hashes, asked: Hashes, mask: np.uint64, most_bits: int
) -> Iterator[tuple[Places, Places, Places]]:
    """Yield the pairs that are alike in the bits of a mask and near: asked, known, bits apart."""
    for rows, places in with_equal_keys(asked & mask, known & mask, BLOCK):
        bits = np.bitwise_count(asked[rows] ^ known[places]).astype(np.int64)
        near = bits <= most_bits
        yield rows[near], places[near], bits[near]


def _masks(most_bits: int) -> list[np.uint64]:
    """Return the bits of each choice of parts, one of which any two near hashes have in common."""
    edges = np.linspace(0, 64, most_bits + IN_COMMON + 1).astype(int).tolist()
    parts = [(1 << end) - (1 << begin) for begin, end in pairwise(edges)]
    return [np.uint64(sum(chosen)) for chosen in combinations(parts, IN_COMMON)]
