"""Raw boxes to usable ones: every rule about broken boxes, once, for all formats.

Each rule works on the flat arrays of the whole set and names the box it touched by file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from datasets.images import Header
from datasets.plausibility import plausible_boxes
from datasets.problems import Kind, Problem
from datasets.raw import RawBoxes, RawImage, RawSet

# Boxes lie on a grid of a billionth of a pixel. It is far finer than any label and far coarser than
# what is rounded off when a box is written as corner and size or as fractions and read again: the
# same set gives the very same boxes from every format.
DECIMALS = 9
LARGEST = 1e7  # pixels; a coordinate beyond is no coordinate
OVERHANG_PX = 0.01
_ODD = np.random.default_rng(0).integers(2**63, size=7, dtype=np.uint64) * 2 + 1
BoxMask = NDArray[np.bool_]


def clean_boxes(
    raw: RawSet, headers: Sequence[Header | None]
) -> tuple[RawBoxes, tuple[Problem, ...]]:
    """Return the boxes that have an area inside their image, in its upright pixels.

    With them come the problems: what was repaired or left out. An image whose header is None is
    left out with its boxes.
    """
    table = raw.boxes()
    problems: list[Problem] = []

    def named(rows: BoxMask, kind: Kind, text: str) -> None:
        for row in np.flatnonzero(rows):
            name = raw.class_names[table.class_name[row]]
            place = raw.place(raw.images[table.image[row]].source, int(table.line[row]))
            problems.append(Problem(kind, place, f"a box of {name} {text}"))

    endless = np.any(~(np.abs(table.corners) <= LARGEST), axis=1)
    named(endless, Kind.NOT_A_BOX, "has a number that is not finite or beyond any image; left out")
    table = table.at(~endless)
    sizes = np.array(
        [(h.width_px, h.height_px) if h else (0, 0) for h in headers], dtype=np.float64
    ).reshape(-1, 2)
    table = table.at(sizes[table.image, 0] > 0)
    pairs = list(zip(raw.images, headers, strict=True))
    stored = np.array([_is_as_stored(image, header) for image, header in pairs], dtype=bool)
    corners, readings = plausible_boxes(raw, table, sizes, stored)
    problems += readings
    for index, (image, header) in enumerate(pairs):
        stated = image.stated_size_px
        if header is None or stated in {None, (0, 0), (header.width_px, header.height_px)}:
            continue
        if stored[index]:
            rows = slice(*np.searchsorted(table.image, [index, index + 1]).tolist())
            corners[rows] = _turn(corners[rows], header)
            kind = Kind.TURNED
            text = f"gives the size of {image.name} as it is stored; its boxes were turned upright"
        else:
            kind, size = Kind.SIZE, f"{header.width_px}×{header.height_px}"
            text = f"says {stated[0]}×{stated[1]}, but {image.name} has {size} pixels"
        problems.append(Problem(kind, image.source, text))

    swapped = np.any(corners[:, 2:] < corners[:, :2], axis=1)
    first, second = corners[:, :2], corners[:, 2:]
    corners = np.hstack([np.minimum(first, second), np.maximum(first, second)])
    flat = np.any(corners[:, 2:] <= corners[:, :2], axis=1)
    cut: Boxes = np.clip(corners, 0.0, np.tile(sizes, 2)[table.image]).round(DECIMALS)
    outside = ~flat & np.any(cut[:, 2:] <= cut[:, :2], axis=1)
    good = ~flat & ~outside
    # Six decimals of a fraction are not exact to a hundredth of a pixel: that is no overhang.
    reaching = good & np.any(np.abs(cut - corners) > OVERHANG_PX, axis=1)
    good &= ~(repeated := good & _repeats(replace(table, corners=cut)))
    named(flat, Kind.NO_AREA, "has no area; left out")
    named(outside, Kind.OUTSIDE, "is outside the image; left out")
    named(swapped & good, Kind.SWAPPED, "had its corners swapped; repaired")
    named(repeated, Kind.REPEATED, "is given twice; taken once")
    named(reaching, Kind.CUT, "was cut to the image")
    return replace(table, corners=cut).at(good), tuple(problems)


def _is_as_stored(image: RawImage, header: Header | None) -> bool:
    """Say whether an image that lies on its side was labelled so."""
    if header is None or not header.is_turned:
        return False
    is_square = header.width_px == header.height_px
    return not is_square and image.stated_size_px == (header.height_px, header.width_px)


def _repeats(table: RawBoxes) -> BoxMask:
    """Return which boxes are the same as one before of their image, class and all."""
    keys = np.column_stack([table.corners + 0.0, table.image, table.class_name, table.ignore])
    # One number a row is sorted far faster than seven; rows of one number are then compared.
    mixed = (keys.view(np.uint64) * _ODD).sum(axis=1)
    order = np.argsort(mixed, kind="stable")
    after = np.flatnonzero(mixed[order[1:]] == mixed[order[:-1]])
    first, second = order[after], order[after + 1]
    repeats = np.zeros(len(keys), dtype=bool)
    repeats[second[(keys[first] == keys[second]).all(axis=1)]] = True
    return repeats


def _turn(corners: Boxes, header: Header) -> Boxes:
    """Return boxes of the stored image in pixels of the upright one (EXIF 2.32, tag 0x0112)."""
    x1, y1, x2, y2 = corners.T
    across, down = header.width_px, header.height_px
    turned = {
        5: (y1, x1, y2, x2),
        6: (across - y2, x1, across - y1, x2),
        7: (across - y2, down - x2, across - y1, down - x1),
        8: (y1, down - x2, y2, down - x1),
    }[header.orientation]
    return np.stack(turned, axis=1)
