"""Faults put into clean labels by chance, and which suspicions find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from datasets.annotations import Annotations, Dataset, LabelledImage
from datasets.boxes import Boxes, clip, iou
from pipelines.audit.suspicion import Box, Suspicion

SHARES = {"missing": 0.05, "wrong_class": 0.05, "badly_placed": 0.05, "nothing_there": 0.02}
MOVED = 1 / 3  # of a side
TRIES = 30  # of a place for an invented label, or a way to move one


@dataclass(frozen=True, eq=False)
class Faults:
    """What was done to labels.

    Attributes:
        removed: box and class of each label that is gone, by image name.
        changed: the kind of fault of each label that has one, by image name and row.
    """

    removed: Mapping[str, Sequence[tuple[Box, int]]]
    changed: Mapping[tuple[str, int], str]

    def count(self, kind: str) -> int:
        """Return how many there are of a kind."""
        if kind == "missing":
            return sum(map(len, self.removed.values()))
        return sum(each == kind for each in self.changed.values())


def with_faults(dataset: Dataset, seed: int) -> tuple[Dataset, Faults]:
    """Return the set with `SHARES` of its labels at fault, no label in two ways.

    Labels that are *ignore* stay as they are.
    """
    random = np.random.default_rng(seed)
    every = [
        (split, place, row)
        for split, images in dataset.splits.items()
        for place, image in enumerate(images)
        for row in np.flatnonzero(~image.annotations.ignore).tolist()
    ]
    order = [every[number] for number in random.permutation(len(every))]
    fate: dict[tuple[str, int, int], str] = {}
    for kind in ("missing", "wrong_class", "badly_placed"):
        chosen = [order.pop() for _ in range(round(SHARES[kind] * len(every)))]
        fate.update(dict.fromkeys(chosen, kind))
    inventions = random.choice(len(every), round(SHARES["nothing_there"] * len(every)))
    at_image = [every[number][:2] for number in inventions]
    removed: dict[str, list[tuple[Box, int]]] = {}
    changed: dict[tuple[str, int], str] = {}
    sizes = _every_box(dataset)
    splits = {}
    for split, images in dataset.splits.items():
        made = []
        for place, image in enumerate(images):
            fates = {
                row: fate.get((split, place, row), "") for row in range(len(image.annotations))
            }
            number = at_image.count((split, place))
            given = image, fates, [sizes[k] for k in random.choice(len(sizes), number)]
            made.append(_one(*given, dataset, random, removed, changed))
        splits[split] = tuple(made)
    return replace(dataset, splits=splits), Faults(removed, changed)


def _one(
    image: LabelledImage,
    fates: Mapping[int, str],
    invented: Sequence[tuple[float, float, int]],
    dataset: Dataset,
    random: np.random.Generator,
    removed: dict[str, list[tuple[Box, int]]],
    changed: dict[tuple[str, int], str],
) -> LabelledImage:
    """Return one image with its faults, which are noted."""
    truth, size = image.annotations, (image.width_px, image.height_px)
    boxes: list[Boxes] = []
    labels: list[int] = []
    ignore: list[bool] = []
    for row, kind in fates.items():
        box, label = truth.boxes[row], int(truth.labels[row])
        if kind == "missing":
            removed.setdefault(image.name, []).append((_box(box), label))
            continue
        if kind == "wrong_class":
            others = [c for c in range(len(dataset.classes)) if c != label]
            label = int(random.choice(others)) if others else label
        if kind == "badly_placed":
            box = moved(box, size, random)
        if kind:
            changed[image.name, len(boxes)] = kind
        boxes.append(box)
        labels.append(label)
        ignore.append(bool(truth.ignore[row]))
    for width, height, label in invented:
        changed[image.name, len(boxes)] = "nothing_there"
        boxes.append(_free_place(width, height, size, truth.boxes, random))
        labels.append(label)
        ignore.append(False)
    return replace(image, annotations=Annotations(boxes, labels, ignore))


def moved(box: Boxes, size: tuple[int, int], random: np.random.Generator) -> Boxes:
    """Return a ``(4,)`` box moved in any direction by a third of its side, within the image."""
    sides = box[2:] - box[:2]
    best, inside = box, -1.0
    for angle in random.uniform(0, 2 * np.pi, TRIES):
        there = box + np.tile(MOVED * sides * (np.cos(angle), np.sin(angle)), 2)
        cut = clip(there[None], *size)[0]
        share = float((cut[2:] - cut[:2]).prod() / max(sides.prod(), 1e-9))
        if share > inside + 1e-6:
            best, inside = cut, share
        if share > 1 - 1e-6:
            break
    return best


def _free_place(
    width: float, height: float, size: tuple[int, int], taken: Boxes, random: np.random.Generator
) -> Boxes:
    """Return a ``(4,)`` box of about that size where it overlaps objects least."""
    sides = np.minimum([width, height], size)
    corners = random.random((TRIES, 2)) * (np.array(size) - sides)
    boxes = np.hstack([corners, corners + sides])
    overlap = iou(boxes, taken).max(axis=1) if len(taken) else np.zeros(TRIES)
    return np.asarray(boxes[int(overlap.argmin())])


def _every_box(dataset: Dataset) -> list[tuple[float, float, int]]:
    """Return width, height and class of every label that is not *ignore*."""
    every = [image.annotations for images in dataset.splits.values() for image in images]
    return [
        (float(box[2] - box[0]), float(box[3] - box[1]), int(label))
        for truth in every
        for box, label, ignored in zip(truth.boxes, truth.labels, truth.ignore, strict=True)
        if not ignored
    ]


def _box(box: Boxes) -> Box:
    left, top, right, bottom = box.tolist()
    return left, top, right, bottom


def hits(ranked: Sequence[Suspicion], faults: Faults) -> list[bool]:
    """Return of each suspicion, of one kind and the likeliest first, whether it finds a fault.

    A removed label is found by a box of its class that overlaps it by half, once.
    """
    left = {name: list(each) for name, each in faults.removed.items()}
    found = []
    for each in ranked:
        if each.kind != "missing":
            of = None if each.object is None else faults.changed.get((each.file, each.object))
            found.append(of == each.kind)
            continue
        there = left.get(each.file, [])
        near = [
            place
            for place, (box, label) in enumerate(there)
            if label == each.proposed
            and iou(np.array([box]), np.array([each.proposed_box]))[0, 0] >= 0.5
        ]
        if near:
            there.pop(near[0])
        found.append(bool(near))
    return found
