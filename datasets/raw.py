"""What every format's reader gives: images and raw boxes as its files have them, not yet judged.

A reader knows its files and nothing else. Clipping, sizes, duplicates and class names are the same
for all formats and are dealt with behind it, over flat arrays: a set of the size of COCO has
860,000 boxes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import DatasetError
from datasets.boxes import Boxes
from datasets.files import Files
from datasets.problems import Kind, Problem


@dataclass(frozen=True, slots=True)
class RawImage:
    """One image as its annotation file describes it.

    Attributes:
        name: of the image file below the set's folder.
        split: ``train``, ``val`` or ``test`` where the set tells, else empty.
        source: the annotation file.
        said_size_px: (width, height) it gives, if it does.
        in_fractions: whether its boxes are fractions of width and height instead of pixels.
    """

    name: str
    split: str
    source: str
    said_size_px: tuple[int, int] | None = None
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


@dataclass
class RawSet:
    """A set in the making: readers add images and boxes to it.

    Attributes:
        format: the reader's name, for example ``voc``.
        found: what was found, as half a sentence.
        counts_in: what ``line`` counts: lines of a text file or ids of annotations.
        images: in the order they were read.
        class_names: in the order they were met, boxes or not.
        problems: what the reader already had to leave out.
        left_out: images it left out on purpose and said so.
    """

    format: str
    found: str = ""
    counts_in: str = "line"
    images: list[RawImage] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    _places: dict[str, int] = field(default_factory=dict)
    _class_places: dict[str, int] = field(default_factory=dict)
    _image: array[int] = field(default_factory=lambda: array("q"))
    _corners: array[float] = field(default_factory=lambda: array("d"))
    _class: array[int] = field(default_factory=lambda: array("q"))
    _ignore: array[int] = field(default_factory=lambda: array("b"))
    _line: array[int] = field(default_factory=lambda: array("q"))

    def add_image(self, image: RawImage) -> int | None:
        """Add an image and return its index, or None if it was described before."""
        place = self._places.setdefault(image.name, len(self.images))
        if place < len(self.images):
            first = self.images[place]
            where = "twice" if first.source == image.source else f"in {first.source} already"
            splits = f" for {first.split}" if first.split != image.split else ""
            text = f"describes {image.name} {where}{splits}; the first is taken"
            self.problems.append(Problem(Kind.TWICE, image.source, text))
            return None
        self.images.append(image)
        return place

    def refuse_if_empty(self, files: Files, sources: Sequence[str]) -> None:
        """Refuse a set of which no named image is there.

        Raises:
            DatasetError: no image was added; with the first problem met.
        """
        if self.images:
            return
        first = f" The first: {self.problems[0]}." if self.problems else ""
        raise DatasetError(
            f"{files.root}: none of the images named in {', '.join(sources)} is among its "
            f"{len(files.images)} images.{first}"
        )

    def index_of(self, name: str) -> int | None:
        """Return the index of an image that was added."""
        return self._places.get(name)

    def add_class(self, name: str) -> int:
        """Return the index of a class name, which may be new."""
        place = self._class_places.setdefault(name, len(self.class_names))
        if place == len(self.class_names):
            self.class_names.append(name)
        return place

    def add_box(
        self,
        image: int,
        corners: tuple[float, float, float, float],
        class_name: str,
        line: int = -1,
        *,
        ignore: bool = False,
    ) -> None:
        """Add a box of the image at that index."""
        self._image.append(image)
        self._corners.extend(corners)
        self._class.append(self.add_class(class_name))
        self._ignore.append(ignore)
        self._line.append(line)

    def say(self, kind: Kind, source: str, text: str, line: int = -1) -> None:
        """Note a problem at a line of a source."""
        self.problems.append(Problem(kind, self.place(source, line), text))

    def place(self, source: str, line: int) -> str:
        """Return a file and a line in it, as problems name them."""
        return source if line < 0 else f"{source}, {self.counts_in} {line}"

    def boxes(self) -> RawBoxes:
        """Return all boxes, ordered by image."""
        image = np.array(self._image, dtype=np.int64)
        order = np.argsort(image, kind="stable")
        return RawBoxes(
            image[order],
            np.array(self._corners, dtype=np.float64).reshape(-1, 4)[order],
            np.array(self._class, dtype=np.int64)[order],
            np.array(self._ignore, dtype=bool)[order],
            np.array(self._line, dtype=np.int64)[order],
        )
