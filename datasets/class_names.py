"""Class names: sorted, matched by name, never by position; near-equal ones merged or named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, Dataset
from datasets.problems import Kind, Problem

LEAST_TRAINING_BOXES = 2  # one example can't be told from an accident


def label_classes(
    names: Sequence[str], used: NDArray[np.int64], *, merge: bool
) -> tuple[tuple[str, ...], NDArray[np.int64], tuple[Problem, ...]]:
    """Return the classes in label order, and how raw names become labels.

    Args:
        names: raw class names as they were met.
        used: ``(N,)`` index into them of each box.
        merge: take names that differ by case or blanks alone for one class, under the name most
            boxes have.

    Returns:
        The sorted classes, the ``(len(names),)`` int64 label of each raw name, and remarks.
    """
    boxes = Counter(used.tolist())
    alike: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        alike["".join(name.split()).casefold()].append(place)
    called = list(names)
    problems = []
    for places in alike.values():
        if len(places) < 2:
            continue
        ranked = sorted(places, key=lambda place: (-boxes[place], names[place]))
        told = " and ".join(repr(names[place]) for place in ranked)
        if merge:
            for place in places:
                called[place] = names[ranked[0]]
            text = f"classes {told} are taken for one, {names[ranked[0]]!r}"
        else:
            text = (
                f"classes {told} differ by case or blanks alone and are taken for different ones; "
                "if they are one, set dataset.merge_classes=true"
            )
        problems.append(Problem(Kind.CLASS, "", text))
    classes = tuple(sorted(set(called)))
    label = {name: place for place, name in enumerate(classes)}
    return classes, np.array([label[name] for name in called], dtype=np.int64), tuple(problems)


def training_boxes(dataset: Dataset) -> NDArray[np.int64]:
    """Return the ``(C,)`` number of training boxes of each class, ignored ones left out."""
    counts = np.zeros(len(dataset.classes), dtype=np.int64)
    for image in dataset.splits["train"]:
        truth = image.annotations
        np.add.at(counts, truth.labels[~truth.ignore], 1)
    return counts


def remarks_on_classes(dataset: Dataset) -> tuple[Problem, ...]:
    """Return a remark on each class that has too few training boxes to be learnt."""
    in_test = Counter(
        int(label) for image in dataset.splits["test"] for label in image.annotations.labels
    )
    problems = []
    for label, count in enumerate(training_boxes(dataset)):
        if count < LEAST_TRAINING_BOXES:
            few = "none" if count == 0 else "only one"
            text = (
                f"class {dataset.classes[label]}: {in_test[label]} boxes in test but {few} in "
                "train, so neither pipeline can know it; its figures are null"
            )
            problems.append(Problem(Kind.CLASS, "", text))
    return tuple(problems)


def judged_where_learnt(dataset: Dataset) -> Dataset:
    """Return the set with *ignore* on val and test boxes of classes nobody could learn.

    So such a class has no figure, and the mean over classes is of those that could be learnt.
    """
    unknown = np.flatnonzero(training_boxes(dataset) < LEAST_TRAINING_BOXES)
    if not len(unknown):
        return dataset
    splits = dict(dataset.splits)
    for split in ("val", "test"):
        splits[split] = tuple(
            replace(
                image,
                annotations=Annotations(
                    truth.boxes, truth.labels, truth.ignore | np.isin(truth.labels, unknown)
                ),
            )
            if np.isin((truth := image.annotations).labels, unknown).any()
            else image
            for image in dataset.splits[split]
        )
    return replace(dataset, splits=splits)
