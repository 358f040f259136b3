"""Things that are not to be found: other road signs, blank plates and billboards.

Each shares its colour, its outline or its picture with one of the six classes, so neither colour
nor outline alone tells a sign. Codes are those of the Vienna Convention of 1968.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from datasets.sample.drawing import (
    BLACK,
    BLUE,
    GREY,
    RED,
    WHITE,
    YELLOW,
    Drawing,
    Face,
    Lettering,
    disc,
    paint,
    rectangle,
    regular,
    rounded,
    shape,
    stroke,
)
from datasets.sample.faces import octagon, triangle
from datasets.sample.symbols import straight_arrow


@cache
def lookalikes() -> tuple[Face, ...]:
    """Return every look-alike; the arrays are shared, not to write."""
    drawings: list[Drawing] = [
        [shape(RED, disc(0.98))],
        [shape(WHITE, disc(0.98)), shape(BLUE, disc(0.94))],
        [shape(WHITE, octagon(0.98)), shape(RED, octagon(0.93))],
        [shape(RED, triangle(points_up=False))],
        *_prohibitions(),
        *_warnings(),
        *_mandatory(),
        *_panels(),
    ]
    drawn = tuple(paint(layers) for layers in drawings)
    for face in drawn:
        face.flags.writeable = False
    return drawn


def _prohibitions() -> list[Drawing]:
    """C,2 closed to all vehicles; C,17a end of all limits; C,18 no parking; C,3 with a picture."""
    slash = stroke((-0.55, -0.55), (0.55, 0.55), 0.17)
    lines = [stroke((x - 0.5, 0.55), (x + 0.5, -0.55), 0.07) for x in (-0.15, 0.0, 0.15)]
    van = [rectangle(-0.48, -0.22, 0.16, 0.2), rectangle(0.2, -0.05, 0.48, 0.2)]
    wheels = [disc(0.11, x, 0.24) for x in (-0.28, 0.3)]
    return [
        [shape(RED, disc(0.98)), shape(WHITE, disc(0.76))],
        [shape(GREY, disc(0.98)), shape(WHITE, disc(0.92)), shape(BLACK, *lines)],
        [shape(RED, disc(0.98)), shape(BLUE, disc(0.8)), shape(RED, slash)],
        [shape(RED, disc(0.98)), shape(WHITE, disc(0.76)), shape(BLACK, *van, *wheels)],
    ]


def _warnings() -> list[Drawing]:
    """A,32 other dangers, a blank warning, and B,3 priority road."""
    mark = [stroke((0.0, -0.2), (0.0, 0.25), 0.15), disc(0.09, 0.0, 0.5)]
    warning = [shape(RED, triangle()), shape(WHITE, triangle(0.17))]
    diamond = [regular(4, radius) for radius in (0.98, 0.88, 0.62)]
    return [
        [*warning, shape(BLACK, *mark)],
        [*warning],
        [shape(c, d) for c, d in zip((BLACK, WHITE, YELLOW), diamond, strict=True)],
    ]


def _mandatory() -> list[Drawing]:
    """D,1a direction to be followed, several ways."""
    plate = [shape(WHITE, disc(0.98)), shape(BLUE, disc(0.94))]
    return [[*plate, shape(WHITE, *straight_arrow(angle))] for angle in (-90.0, 0.0, 180.0, 135.0)]


def _panels() -> list[Drawing]:
    """E,14a parking, E,3a one way, a blank blue square, and advertising."""
    square = [
        shape(WHITE, rounded(rectangle(-0.98, -0.98, 0.98, 0.98), 0.14)),
        shape(BLUE, rounded(rectangle(-0.94, -0.94, 0.94, 0.94), 0.11)),
    ]
    wide = rectangle(-0.98, -0.6, 0.98, 0.6)
    sun = shape(RED, disc(0.3, 0.55, -0.1))
    return [
        [*square, Lettering("P", (-0.36, -0.62, 0.4, 0.62), WHITE, boldness=0.22)],
        [*square, shape(WHITE, *straight_arrow(-90.0))],
        square,
        [shape(WHITE, wide), Lettering("SALE", (-0.8, -0.35, 0.8, 0.35), RED)],
        [shape(YELLOW, wide), Lettering("Cafe 24", (-0.85, -0.2, 0.85, 0.25), BLACK)],
        [shape(BLACK, wide), shape(WHITE, wide * 0.93), sun]
        + [shape(GREY, rectangle(-0.8, y, 0.1, y + 0.1)) for y in np.linspace(-0.4, 0.3, 4)],
        [shape(RED, wide), Lettering("Top 50", (-0.75, -0.3, 0.75, 0.3), WHITE)],
    ]
