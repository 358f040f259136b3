"""Class names: sorted, matched by name, never by position; near-equal ones merged or named."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, Dataset, LabelledImage
from datasets.problems import Kind, Problem

LEAST_TRAINING_BOXES = 2  # one example may be an accident


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
    for index, name in enumerate(names):
        alike[unicodedata.normalize("NFC", "".join(name.split())).casefold()].append(index)
    final = np.array(names, dtype=object)
    problems = []
    for indices in alike.values():
        if len(indices) < 2:
            continue
        ranked = sorted(indices, key=lambda index: (-boxes[index], names[index]))
        text = f"classes {' and '.join(repr(names[index]) for index in ranked)} "
        if merge:
            final[indices] = names[ranked[0]]
            text += f"are taken for one, {names[ranked[0]]!r}"
        else:
            text += (
                "differ by case or blanks alone, or by how an accent is stored, and are taken for "
                "different ones; "
                "if they are one, set dataset.merge_classes=true"
            )
        problems.append(Problem(Kind.CLASS, "", text))
    classes, labels = np.unique(final, return_inverse=True)
    return tuple(classes.tolist()), labels, tuple(problems)


def training_boxes(dataset: Dataset) -> NDArray[np.int64]:
    """Return the ``(C,)`` number of training boxes of each class, ignored ones left out."""
    truths = [image.annotations for image in dataset.splits["train"]]
    labels = np.concatenate([truth.labels[~truth.ignore] for truth in truths])
    return np.bincount(labels, minlength=len(dataset.classes))


def remarks_on_classes(dataset: Dataset) -> tuple[Problem, ...]:
    """Return a remark on each class that has too few training boxes to be learnt."""
    in_test = Counter(
        int(label) for image in dataset.splits["test"] for label in image.annotations.labels
    )
    return tuple(
        Problem(
            Kind.CLASS,
            "",
            f"class {dataset.classes[label]}: {in_test[label]} boxes in test but "
            f"{'only one' if count else 'none'} in train, so neither pipeline can know it; its "
            "figures are null",
        )
        for label, count in enumerate(training_boxes(dataset))
        if count < LEAST_TRAINING_BOXES
    )


def judged_where_learnt(dataset: Dataset) -> Dataset:
    """Return the set with *ignore* on val and test boxes of classes nobody could learn.

    So such a class has no figure, and the mean over classes is of those that could be learnt.
    """
    unknown = np.flatnonzero(training_boxes(dataset) < LEAST_TRAINING_BOXES)
    if not len(unknown):
        return dataset

    def judged(image: LabelledImage) -> LabelledImage:
        truth = image.annotations
        ignore = truth.ignore | np.isin(truth.labels, unknown)
        return replace(image, annotations=Annotations(truth.boxes, truth.labels, ignore))

    later = {split: tuple(map(judged, dataset.splits[split])) for split in ("val", "test")}
    return replace(dataset, splits={**dataset.splits, **later})
