"""What a labelled set is: annotations, labelled images and the set with its splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.boxes import Boxes, area, as_boxes, intersection
from datasets.errors import UserError
from datasets.problems import Problem

SPLITS = ("train", "val", "test")
IGNORED_SHARE = 0.5  # of a box's area, in an ignored object: the IoU of a match, as COCO has it


class DatasetError(UserError):
    """The user's data can't be used; the message is one sentence with the file and the way out."""


def frozen_array(values: ArrayLike, dtype: type[np.generic]) -> NDArray[np.generic]:
    """Return a read-only copy of ``values`` with that dtype."""
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Annotations:
    """The ground truth of one image.

    Attributes:
        boxes: ``(N, 4)`` float64 xyxy pixels of the upright image, right and bottom exclusive.
        labels: ``(N,)`` int64 class indices, ``0 … C-1``.
        ignore: ``(N,)`` bool; True for VOC "difficult" and COCO "crowd": neither to be found
            nor counted as a mistake.
    """

    boxes: Boxes
    labels: NDArray[np.int64]
    ignore: NDArray[np.bool_]

    def __init__(
        self, boxes: ArrayLike = (), labels: ArrayLike = (), ignore: ArrayLike | None = None
    ) -> None:
        """Copy the arrays and make them read-only.

        Raises:
            ValueError: the three do not have one row for each box.
        """
        as_rows = as_boxes(boxes)
        flags = np.zeros(len(as_rows), dtype=bool) if ignore is None else ignore
        object.__setattr__(self, "boxes", frozen_array(as_rows, np.float64))
        object.__setattr__(self, "labels", frozen_array(labels, np.int64))
        object.__setattr__(self, "ignore", frozen_array(flags, np.bool_))
        expected = (len(as_rows),)
        if self.labels.shape != expected or self.ignore.shape != expected:
            raise ValueError(
                f"labels and ignore must have shape {expected}, "
                f"not {self.labels.shape} and {self.ignore.shape}"
            )

    @classmethod
    def in_parts(
        cls, boxes: ArrayLike, labels: ArrayLike, ignore: ArrayLike, edges: Sequence[int]
    ) -> list[Annotations]:
        """Return the ground truths of many images, each a part of the same read-only arrays.

        That of image ``i`` is from row ``edges[i]`` up to ``edges[i + 1]``.

        Raises:
            ValueError: the three do not have one row for each box.
        """
        whole = cls(boxes, labels, ignore)
        parts = []
        for start, end in pairwise(edges):
            part = object.__new__(cls)
            object.__setattr__(part, "boxes", whole.boxes[start:end])
            object.__setattr__(part, "labels", whole.labels[start:end])
            object.__setattr__(part, "ignore", whole.ignore[start:end])
            parts.append(part)
        return parts

    def __len__(self) -> int:
        """Return the number of boxes, ignored ones included."""
        return len(self.boxes)

    def holds_ignored(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Say of ``(N, 4)`` boxes which lie at least half in one ignored object.

        They show nothing that is known: COCO does not count them as mistakes, and so they must not
        be learnt as background.
        """
        if not self.ignore.any():
            return np.zeros(len(boxes), bool)
        shared = intersection(boxes, self.boxes[self.ignore]).max(axis=1)
        return np.asarray(shared >= IGNORED_SHARE * area(boxes))


@dataclass(frozen=True, eq=False, slots=True)
class LabelledImage:
    """One image file with its ground truth.

    Attributes:
        name: the file's path inside the set's folder, with ``/``; unique in the set.
        path: where the file is.
        width_px: width of the upright image.
        height_px: height of the upright image.
        annotations: its ground truth.
        group: what it shares with other images of its split, as their video; empty if nothing.
        size_bytes: of its file, where it is known already.
        sha256: of its file, where it is known already; else empty.
    """

    name: str
    path: Path
    width_px: int
    height_px: int
    annotations: Annotations
    group: str = ""
    size_bytes: int | None = None
    sha256: str = ""


Splits = Mapping[
    str, Sequence[LabelledImage]
]  # by ``train``, ``val``, ``test``, or ``""`` for none


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two images of which one is a copy of the other, or nearly the same.

    Attributes:
        first: name of the image that is further from the test.
        first_split: its split.
        second: name of the other.
        second_split: its split.
        distance: bits in which the perceptual hashes differ; None for the same bytes.
        left_out: whether the second was taken out of its split.
    """

    first: str
    first_split: str
    second: str
    second_split: str
    distance: int | None = None
    left_out: bool = False


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled set: class names in label order, images by split, problems found on the way.

    Attributes:
        name: the folder's name.
        format: the format it was read as, for example ``voc``.
        classes: class names, sorted; a label is an index into them.
        splits: the images of ``train``, ``val`` and ``test``, each sorted by name. As its folder
            has it (`reading.read_folder`) a set may lack some, with ``""`` for images in none.
        problems: each thing repaired, left out or worth knowing.
        summary: what was found in the folder, as a sentence.
        duplicates: images that are in the set more than once.
    """

    name: str
    format: str
    classes: tuple[str, ...]
    splits: Mapping[str, tuple[LabelledImage, ...]]
    problems: tuple[Problem, ...] = field(default=())
    summary: str = ""
    duplicates: tuple[Duplicate, ...] = field(default=())
