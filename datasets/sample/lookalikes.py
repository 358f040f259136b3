"""Things that are not to be found: other road signs, blank plates and billboards.

Each shares its colour, its outline or its picture with one of the six classes, so neither colour
nor outline alone tells a sign. Codes are those of the Vienna Convention of 1968.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    painted,
    rectangle,
    regular,
    stroke,
)
from datasets.sample.faces import BLUE_DISC, BLUE_SQUARE, DOWN, RED_RING
from datasets.sample.symbols import octagon, straight_arrow, triangle

_VAN = (
    *(rectangle(-0.48, -0.22, 0.16, 0.2), rectangle(0.2, -0.05, 0.48, 0.2)),
    *(disc(0.11, x, 0.24) for x in (-0.28, 0.3)),
)
_LINES = [stroke((x - 0.5, 0.55), (x + 0.5, -0.55), 0.07) for x in (-0.15, 0.0, 0.15)]
_WARNING: Drawing = ((RED, triangle()), (WHITE, triangle(0.17)))
_WIDE = rectangle(-0.98, -0.6, 0.98, 0.6)

_DRAWINGS: Sequence[Drawing] = (
    # Signs without their picture.
    [(RED, disc(0.98))],
    BLUE_DISC,
    [(WHITE, octagon(0.98)), (RED, octagon(0.93))],
    [(RED, triangle() * DOWN)],
    # C,2 closed to all vehicles; C,17a end of all limits; C,18 no parking; C,3 with a picture.
    RED_RING,
    [(GREY, disc(0.98)), (WHITE, disc(0.92)), (BLACK, *_LINES)],
    [(RED, disc(0.98)), (BLUE, disc(0.8)), (RED, stroke((-0.55, -0.55), (0.55, 0.55), 0.17))],
    [*RED_RING, (BLACK, *_VAN)],
    # A,32 other dangers, a blank warning, and B,3 priority road.
    [*_WARNING, (BLACK, stroke((0.0, -0.2), (0.0, 0.25), 0.15), disc(0.09, 0.0, 0.5))],
    _WARNING,
    [(BLACK, regular(4, 0.98)), (WHITE, regular(4, 0.88)), (YELLOW, regular(4, 0.62))],
    # D,1a direction to be followed, several ways.
    [*BLUE_DISC, (WHITE, *straight_arrow(-90.0))],
    [*BLUE_DISC, (WHITE, *straight_arrow(0.0))],
    [*BLUE_DISC, (WHITE, *straight_arrow(180.0))],
    [*BLUE_DISC, (WHITE, *straight_arrow(135.0))],
    # E,14a parking, E,3a one way, a blank blue square.
    [*BLUE_SQUARE, Lettering("P", (-0.36, -0.62, 0.4, 0.62), WHITE, boldness=0.22)],
    [*BLUE_SQUARE, (WHITE, *straight_arrow(-90.0))],
    BLUE_SQUARE,
    # Advertising.
    [(WHITE, _WIDE), Lettering("SALE", (-0.8, -0.35, 0.8, 0.35), RED)],
    [(YELLOW, _WIDE), Lettering("Cafe 24", (-0.85, -0.2, 0.85, 0.25), BLACK)],
    [
        *((BLACK, _WIDE), (WHITE, _WIDE * 0.93), (RED, disc(0.3, 0.55, -0.1))),
        (GREY, *(rectangle(-0.8, y, 0.1, y + 0.1) for y in np.linspace(-0.4, 0.3, 4))),
    ],
    [(RED, _WIDE), Lettering("Top 50", (-0.75, -0.3, 0.75, 0.3), WHITE)],
)


@cache
def lookalikes() -> tuple[Face, ...]:
    """Return every look-alike; the arrays are shared, not to write."""
    return painted(_DRAWINGS)
