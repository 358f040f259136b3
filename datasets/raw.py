"""What every format's reader gives: images and raw boxes as its files have them, not yet judged.

A reader knows its files and nothing else. Clipping, sizes, duplicates and class names are the same
for all formats and are handled behind it, over flat arrays: a set of the size of COCO has
860,000 boxes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sized
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import DatasetError
from datasets.box_readings import CORNERS, Reading
from datasets.boxes import Boxes
from datasets.problems import Kind, Problem

Corners = tuple[float, float, float, float]  # x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class RawImage:
    """One image as its annotation file describes it.

    Attributes:
        name: of the image file below the set's folder.
        split: ``train``, ``val`` or ``test`` where the set has splits, else empty.
        source: the annotation file.
        stated_size_px: (width, height) it gives, if it does.
        in_fractions: whether its boxes are fractions of width and height instead of pixels.
    """

    name: str
    split: str
    source: str
    stated_size_px: tuple[int, int] | None = None
    in_fractions: bool = False


@dataclass(frozen=True, eq=False)
class RawBoxes:
    """All boxes of a set, one row each, those of one image in the order of its file.

    Attributes:
        image: ``(N,)`` int64 index into the images, ascending.
        corners: ``(N, 4)`` float64 xyxy, right and bottom exclusive, in pixels or fractions.
        class_name: ``(N,)`` int64 index into the class names.
        ignore: ``(N,)`` bool.
        line: ``(N,)`` int64 line in the source, or an annotation's id; -1 if unknown.
    """

    image: NDArray[np.int64]
    corners: Boxes
    class_name: NDArray[np.int64]
    ignore: NDArray[np.bool_]
    line: NDArray[np.int64]

    def at(self, rows: NDArray[np.bool_]) -> RawBoxes:
        """Return the boxes where ``rows`` is True."""
        return RawBoxes(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass
class RawSet:
    """A set in the making: readers add images and boxes to it.

    Attributes:
        format: the reader's name, for example ``voc``.
        summary: what was found, as half a sentence.
        reading: what the four numbers of a box are in its files.
        readings: the same by source, where they differ.
        counts_in: what ``line`` counts: lines of a text file or ids of annotations.
        images: in the order they were read.
        class_names: in the order they were met, boxes or not.
        problems: what the reader already had to leave out.
        left_out: images it left out on purpose, with a problem for each.
        outlines: how many objects were no upright box, so that the box around them was taken.
    """

    format: str
    summary: str = ""
    counts_in: str = "line"
    reading: Reading = CORNERS
    readings: dict[str, Reading] = field(default_factory=dict)
    images: list[RawImage] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    outlines: int = 0
    _image_indices: dict[str, int] = field(default_factory=dict)
    _class_indices: dict[str, int] = field(default_factory=dict)
    _rows: array[float] = field(default_factory=lambda: array("d"))  # of `RawBoxes`, 8 numbers each

    def add_image(self, image: RawImage) -> int | None:
        """Add an image and return its index, or None if it was described before."""
        index = self._image_indices.setdefault(image.name, len(self.images))
        if index == len(self.images):
            self.images.append(image)
            return index
        first = self.images[index]
        where = "twice" if first.source == image.source else f"in {first.source} already"
        splits = f" for {first.split}" if first.split != image.split else ""
        text = f"describes {image.name} {where}{splits}; the first is taken"
        self.add_problem(Kind.TWICE, image.source, text)
        return None

    def require(self, some: Sized, otherwise: str) -> None:
        """Refuse a set without images or boxes.

        Raises:
            DatasetError: there are none: ``otherwise``, and the first problem of the gravest kind.
        """
        if not len(some):
            gravest = min(self.problems, key=lambda each: each.kind.rank, default=None)
            raise DatasetError(
                f"{otherwise}. {f'The first problem: {gravest}.' if gravest else ''}"
            )

    def index_of(self, name: str) -> int | None:
        """Return the index of an image that was added."""
        return self._image_indices.get(name)

    def add_class(self, name: str) -> int:
        """Return the index of a class name, which may be new."""
        index = self._class_indices.setdefault(name, len(self.class_names))
        if index == len(self.class_names):
            self.class_names.append(name)
        return index

    def add_box(
        self, image: int, corners: Corners, class_name: str, line: int = -1, *, ignore: bool = False
    ) -> None:
        """Add a box of the image at that index."""
        self._rows.extend((image, *corners, self.add_class(class_name), ignore, line))

    def add_boxes(self, boxes: RawBoxes) -> None:
        """Add many boxes at once; their images need not ascend."""
        columns = (getattr(boxes, column.name) for column in fields(boxes))
        self._rows.frombytes(np.column_stack([*columns]).astype(np.float64).tobytes())

    def add_problem(self, kind: Kind, source: str, text: str, line: int = -1) -> None:
        """Note a problem at a line of a source."""
        self.problems.append(Problem(kind, self.place(source, line), text))

    def place(self, source: str, line: int) -> str:
        """Return a file and a line in it, as problems name them."""
        return source if line < 0 else f"{source}, {self.counts_in} {line}"

    def boxes(self) -> RawBoxes:
        """Return all boxes, ordered by image."""
        rows = np.frombuffer(self._rows, dtype=np.float64).reshape(-1, 8)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        image, class_name, line = rows[:, [0, 5, 7]].T.astype(np.int64)
        return RawBoxes(image, rows[:, 1:5], class_name, rows[:, 6].astype(bool), line)
