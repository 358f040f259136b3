"""A set divided so that each image is held out of one training: folds of images that are akin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.annotations import Dataset, LabelledImage
from datasets.errors import UserError
from pipelines.evaluation.pairs import Floats, Ints

LEAST_KINS = 3  # groups of images: one to learn from, one to choose by, one to look at


def folds(dataset: Dataset, count: int, seed: int) -> tuple[Dataset, ...]:
    """Return the set once for each fold, whose images are the test split and held out of the rest.

    All images of the set are pooled. Those of one group, and those that look nearly alike, are in
    one fold. Of what is left a part is the val split, by the share that it had.

    Raises:
        UserError: there are fewer such groups than folds, or too few to hold some out.
    """
    images = tuple(image for split in dataset.splits.values() for image in split)
    kin = kinship(images, dataset)
    groups = int(kin.max(initial=-1)) + 1
    if groups < max(count, LEAST_KINS):
        raise UserError(
            f"--folds {count}: the set has {groups} groups of images that are not alike, and "
            f"{max(count, LEAST_KINS)} are needed; give fewer folds"
        )
    weights = _weights(images, kin, len(dataset.classes))
    fold_of = spread(weights, count, seed)
    train, val = (len(dataset.splits[split]) for split in ("train", "val"))
    parts = max(2, round((train + val) / max(val, 1)))
    made = []
    for number in range(count):
        rest = np.flatnonzero(fold_of != number)
        in_val = np.zeros(groups, bool)
        in_val[rest] = spread(weights[rest], min(parts, len(rest)), seed) == 0
        which = np.where(fold_of == number, "test", np.where(in_val, "val", "train"))[kin]
        splits = {
            split: tuple(image for image, into in zip(images, which, strict=True) if into == split)
            for split in ("train", "val", "test")
        }
        made.append(replace(dataset, splits=splits))
    return tuple(made)


def kinship(images: Sequence[LabelledImage], dataset: Dataset) -> Ints:
    """Return the ``(I,)`` number of the group that each image is in, from 0 on."""
    place = {image.name: number for number, image in enumerate(images)}
    first_of: dict[str, int] = {}
    links = [
        (number, first_of.setdefault(image.group, number))
        for number, image in enumerate(images)
        if image.group
    ]
    links += [
        (place[each.first], place[each.second])
        for each in dataset.duplicates
        if each.first in place and each.second in place
    ]
    rows, columns = zip(*links, strict=True) if links else ((), ())
    shape = (len(images), len(images))
    graph = coo_array((np.ones(len(links), np.int8), (rows, columns)), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def spread(weights: Floats, count: int, seed: int) -> Ints:
    """Return the ``(G,)`` part, of so many, that each group goes to: alike in images and classes.

    The heaviest group goes first, each to the part that has least of what it brings.

    Args:
        weights: ``(G, K)`` how much a group has of each thing that shall be spread evenly.
        count: of parts, not more than groups; each gets one.
        seed: of the order of groups of one weight.
    """
    share = weights / np.maximum(weights.sum(axis=0), 1e-12)
    order = np.random.default_rng(seed).permutation(len(weights))
    order = order[np.argsort(-share[order].sum(axis=1), kind="stable")]
    filled = np.zeros((count, weights.shape[1]))
    sizes = np.zeros(count, np.int64)
    part = np.zeros(len(weights), np.int64)
    for done, group in enumerate(order):
        cost = (filled * share[group]).sum(axis=1) + share[group, 0] * filled[:, 0]
        empty = sizes == 0
        if empty.sum() >= len(weights) - done:  # else one would stay empty
            cost = np.where(empty, cost, np.inf)
        part[group] = chosen = int(np.argmin(cost))
        filled[chosen] += share[group]
        sizes[chosen] += 1
    return part


def _weights(images: Sequence[LabelledImage], kin: Ints, classes: int) -> Floats:
    """Return ``(G, 1 + C)`` the images of each group, and its objects of each class."""
    weights = np.zeros((int(kin.max()) + 1, 1 + classes))
    for image, group in zip(images, kin, strict=True):
        truth = image.annotations
        weights[group, 0] += 1
        weights[group, 1:] += np.bincount(truth.labels[~truth.ignore], minlength=classes)
    return weights
