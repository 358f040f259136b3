"""Which images of a split are not independent of each other: of one video, place or motif.

A group is named by the file names' common part, as ``dataset.group`` finds it, or holds images that
look nearly the same. Whoever judges by such images has seen as many cases as there are groups.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.annotations import LabelledImage

_ROWS_AT_ONCE = 256


def named_groups(images: Sequence[LabelledImage], pattern: str) -> tuple[LabelledImage, ...]:
    """Return the images with the group that their names give; those that give none are alone.

    A name's group is what the pattern's first parentheses match in it, or the whole match.
    """
    if not pattern:
        return tuple(images)
    return tuple(replace(image, group=found_in(pattern, image.name)) for image in images)


def found_in(pattern: str, name: str) -> str:
    """Return what a pattern finds in a name: its first parentheses, or all; empty for nothing."""
    match = re.search(pattern, name)
    if match is None:
        return ""
    return (match[1] if match.re.groups else match[0]) or ""


def joined_groups(
    images: Sequence[LabelledImage], hashes: Mapping[str, int], near_bits: int
) -> tuple[LabelledImage, ...]:
    """Return the images with groups that also hold what looks nearly the same.

    ``hashes`` are 64 bits by image name; two that differ in so many bits or fewer are near. A group
    of several is called by its first image, one alone has no name.
    """
    count = len(images)
    first, second = _near(np.array([hashes[each.name] for each in images], np.uint64), near_bits)
    places: dict[str, int] = {}
    named = [(n, places.setdefault(im.group, n)) for n, im in enumerate(images) if im.group]
    rows = np.concatenate([first, [row for row, _ in named]]).astype(np.int64)
    columns = np.concatenate([second, [column for _, column in named]]).astype(np.int64)
    links = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
    _, numbers = connected_components(links, directed=False)
    sizes = np.bincount(numbers, minlength=1)
    leader = {int(number): images[n].name for n, number in reversed([*enumerate(numbers)])}
    return tuple(
        replace(image, group=leader[int(number)] if sizes[number] > 1 else "")
        for image, number in zip(images, numbers, strict=True)
    )


def group_numbers(groups: Sequence[str]) -> NDArray[np.int64]:
    """Return the ``(I,)`` numbers of images' groups, from 0 on; one without a group has its own."""
    numbers: dict[str | int, int] = {}
    keys: list[str | int] = [group or place for place, group in enumerate(groups)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _near(hashes: NDArray[np.uint64], near_bits: int) -> tuple[NDArray[np.int64], ...]:
    """Return the places of each two hashes that are near, of every image with itself too."""
    pairs = [np.zeros((2, 0), np.int64)]
    for start in range(0, len(hashes), _ROWS_AT_ONCE):
        rows = hashes[start : start + _ROWS_AT_ONCE]
        near = np.bitwise_count(rows[:, None] ^ hashes[None, :]) <= near_bits
        row, column = np.nonzero(near)
        pairs.append(np.stack([row + start, column]))
    together = np.concatenate(pairs, axis=1)
    return together[0], together[1]
