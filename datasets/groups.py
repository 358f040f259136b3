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
from datasets.near_hashes import families


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
    alike = families(np.array([hashes[each.name] for each in images], np.uint64), near_bits)
    _, first = np.unique(alike, return_index=True)
    places: dict[str, int] = {}
    columns = [places.setdefault(im.group, n) if im.group else n for n, im in enumerate(images)]
    rows = np.tile(np.arange(count), 2)
    ends = np.concatenate([first[alike], np.array(columns, np.int64)])
    links = coo_array((np.ones(2 * count, np.int8), (rows, ends)), shape=(count, count))
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
