"""Parts of the test images that have something in common: no further detection is needed.

By what can be ordered they are divided into thirds, from few to many, as far as images differ in
it; by their folders and by a pattern of their names into those that share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import PurePosixPath

import numpy as np

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import area
from datasets.groups import found_in
from pipelines.evaluation.pairs import Floats
from pipelines.studies.conditions.looks import Look

MOST_NAMED = 12  # folders, or what a pattern finds: those with the most images
THIRDS = {
    "objects' size": ("small", "medium", "large"),
    "brightness": ("dark", "medium", "bright"),
    "contrast": ("low", "medium", "high"),
    "sharpness": ("blurred", "medium", "sharp"),
    "crowding": ("few objects", "medium", "many objects"),
}
UNITS = {"objects' size": "px", "crowding": "objects"}
FOLDER, PATTERN = "folder", "name"


@dataclass(frozen=True)
class Slice:
    """Some of the test images.

    Attributes:
        kind: what they have in common.
        part: which of its parts they are, as ``dark``.
        span: from where to where, in words; empty for what can't be ordered.
        places: of the images in the test split.
    """

    kind: str
    part: str
    span: str
    places: tuple[int, ...]

    @property
    def name(self) -> str:
        """As ``brightness: dark``."""
        return f"{self.kind}: {self.part}"


def slices(
    images: Sequence[LabelledImage], seen: Sequence[Look] | None, pattern: str = ""
) -> tuple[Slice, ...]:
    """Return all slices of test images; one that would hold all of them says nothing.

    Args:
        images: the test split.
        seen: what each looks like, None where there was no time to look.
        pattern: a regular expression; images share what its first group finds in their names, or
            all that it finds.
    """
    found: list[Slice] = []
    for kind, values in _orders([image.annotations for image in images], seen).items():
        found += thirds(kind, values)
    names = [image.name for image in images]
    found += _shared(FOLDER, [str(PurePosixPath(name).parent) for name in names])
    if pattern:
        found += _shared(PATTERN, [found_in(pattern, name) for name in names])
    return tuple(each for each in found if 0 < len(each.places) < len(images))


def _orders(truth: Sequence[Annotations], seen: Sequence[Look] | None) -> Mapping[str, Floats]:
    """Return by what images are ordered, a number each, nan for one that has none."""
    wanted = [each.boxes[~each.ignore] for each in truth]
    sizes = [float(np.sqrt(np.median(area(each)))) if len(each) else nan for each in wanted]
    orders = {"objects' size": np.array(sizes)}
    if seen is not None:
        for kind in ("brightness", "contrast", "sharpness"):
            orders[kind] = np.array([getattr(each, kind) for each in seen])
    return {**orders, "crowding": np.array([float(len(each)) for each in wanted])}


def thirds(kind: str, values: Floats) -> list[Slice]:
    """Return the thirds of images by ``(I,)`` values; equal ones stay together, nan is in none."""
    known = values[~np.isnan(values)]
    if not known.size:
        return []
    edges = np.quantile(known, [1 / 3, 2 / 3])
    part = np.where(values <= edges[0], 0, np.where(values <= edges[1], 1, 2))
    made = []
    for number, name in enumerate(THIRDS[kind]):
        places = [place for place in np.flatnonzero(part == number) if not isnan(values[place])]
        if places:
            ends = values[places].min(), values[places].max()
            made.append(Slice(kind, name, _span(kind, *ends), tuple(map(int, places))))
    return made


def _span(kind: str, low: float, high: float) -> str:
    unit = UNITS.get(kind, "")
    ends = [f"{end:.3g}" for end in (low, high)]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}".strip()


def _shared(kind: str, keys: Sequence[str]) -> list[Slice]:
    """Return the images of each key, those that most images have; empty is no key."""
    common = Counter(key for key in keys if key).most_common(MOST_NAMED)
    return [
        Slice(kind, key, "", tuple(place for place, each in enumerate(keys) if each == key))
        for key, _ in sorted(common)
    ]
