"""What is wrong with a set: one `Problem` for each thing repaired, left out or worth knowing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LISTED = 3  # problems of one kind


class Kind(StrEnum):
    """The kinds of problems, each in the words that complete "17 …"."""

    SWAPPED = "boxes with swapped corners, repaired"
    NO_AREA = "boxes without area, left out"
    CUT = "boxes reaching beyond their image, cut to it"
    OUTSIDE = "boxes wholly outside their image, left out"
    NOT_A_BOX = "objects that are not a box with a class, left out"
    REPEATED = "boxes given twice in their image, taken once"
    POLYGON = "remarks on outlines"
    READING = "remarks on what the numbers of boxes are"
    SIZE = "annotations giving another size than the image has; the image is right"
    TURNED = "images annotated as stored, turned upright together with their boxes"
    BROKEN_IMAGE = "images that can't be used, left out"
    DEPTH = "remarks on levels of 16 bits"
    BROKEN_FILE = "annotation files that can't be read, left out"
    NO_IMAGE = "annotations whose image is missing, left out"
    NO_ANNOTATION = "images without annotation, left out"
    NO_LABEL_FILE = "images without a label file, taken as images without objects"
    LED_OUT = "names leading out of the set's folder, looked up inside it by their last parts"
    SAME_NAME = "images that share a name"
    TWICE = "images described twice, of which the first is taken"
    LISTED = "disagreements between split lists and images"
    CLASS = "remarks on classes"
    SPLIT = "remarks on splits"
    FORMAT = "remarks on the format"
    DUPLICATE = "images that are in two splits byte for byte"
    COPY = "images that are in one split twice, byte for byte"
    SIMILAR = "images that look nearly like one of another split"

    @property
    def rank(self) -> tuple[bool, int]:
        """What sorts the kinds that cost objects first, and remarks behind all others."""
        return self.startswith("remarks"), list(Kind).index(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        kind: what to count it under.
        place: the file inside the set, and the line where there is one; may be empty.
        text: what is wrong there and what was done about it.
    """

    kind: Kind
    place: str
    text: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.place}: {self.text}" if self.place else self.text


def counts(problems: Iterable[Problem]) -> dict[str, int]:
    """Return how many problems there are of each kind, in the order of `Kind`."""
    found = Counter(problem.kind for problem in problems)
    return {str(kind): found[kind] for kind in Kind if kind in found}


def summary(problems: Iterable[Problem]) -> list[str]:
    """Return lines to print: few problems of a kind as they are, more as a number and the first."""
    by_kind: dict[Kind, list[Problem]] = {kind: [] for kind in Kind}
    for problem in problems:
        by_kind[problem.kind].append(problem)
    lines = []
    for kind, found in by_kind.items():
        if len(found) <= LISTED:
            lines += [str(problem) for problem in found]
        else:
            lines.append(f"{len(found)} {kind}; the first: {found[0]}")
    return lines
