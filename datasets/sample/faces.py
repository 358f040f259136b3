"""The faces of the six signs, drawn from the shapes that the Vienna Convention describes.

Convention on Road Signs and Signals (Vienna, 1968; consolidated 2006), annex 1: the codes below
are its own. National variants differ in the width of borders, the ground and the side of traffic,
so each class has several faces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from datasets.sample.drawing import (
    BLACK,
    BLUE,
    RED,
    WHITE,
    YELLOW,
    Drawing,
    Face,
    Lettering,
    disc,
    painted,
    rectangle,
    rounded,
)
from datasets.sample.symbols import ROUNDABOUT, WALKER, ZEBRA, octagon, triangle

DOWN = (1.0, -1.0)  # turns a triangle onto its point
_SIDES = ((1.0, 1.0), (-1.0, 1.0))  # of traffic: as drawn, and mirrored
BLUE_DISC: Drawing = ((WHITE, disc(0.98)), (BLUE, disc(0.94)))
BLUE_SQUARE: Drawing = (
    (WHITE, rounded(rectangle(-0.98, -0.98, 0.98, 0.98), 0.14)),
    (BLUE, rounded(rectangle(-0.94, -0.94, 0.94, 0.94), 0.11)),
)
RED_RING: Drawing = ((RED, disc(0.98)), (WHITE, disc(0.76)))

_DRAWINGS: Mapping[str, Sequence[Drawing]] = {
    # B,2a: a red octagon with a narrow light border and the word STOP.
    "stop": [
        [
            (WHITE, octagon(0.98)),
            (RED, octagon(0.98 - border)),
            Lettering("STOP", (-0.76, -0.3, 0.76, 0.3), WHITE),
        ]
        for border in (0.035, 0.06)
    ],
    # B,1: a triangle on its point, white or yellow, with a red border.
    "give way": [
        [(WHITE, triangle() * DOWN), (RED, triangle(0.02) * DOWN), (ground, triangle(inset) * DOWN)]
        for ground in (WHITE, YELLOW)
        for inset in (0.17, 0.22)
    ],
    # C,1a: a red disc with a light horizontal bar.
    "no entry": [
        [(WHITE, disc(0.98)), (RED, disc(radius)), (WHITE, rectangle(-0.74, -half, 0.74, half))]
        for radius in (0.98, 0.94)
        for half in (0.14, 0.18)
    ],
    # C,14: a white disc with a red border and the highest speed in km/h.
    "speed limit": [
        [*RED_RING, Lettering(str(speed), (-half, -0.38, half, 0.38), BLACK, boldness=0.2)]
        for speed in (20, 30, 40, 50, 60, 70, 80, 90, 100, 120)
        for half in ([0.5] if speed < 100 else [0.6])
    ],
    # E,12a: a blue square with a light triangle that shows a person on a crossing.
    "pedestrian crossing": [
        [
            *BLUE_SQUARE,
            (WHITE, triangle() * 0.82),
            (BLACK, *((part * 0.95 + [0.0, 0.06]) * side for part in (*WALKER, *ZEBRA))),
        ]
        for side in _SIDES
    ],
    # D,3: a blue disc with three arrows in a circle; clockwise where traffic keeps left.
    "roundabout": [
        [*BLUE_DISC, (WHITE, *(arrow * side for arrow in ROUNDABOUT))] for side in _SIDES
    ],
}
CLASSES = tuple(_DRAWINGS)


@cache
def faces(class_name: str) -> tuple[Face, ...]:
    """Return every variant of that class, one of `CLASSES`; the arrays are shared, not to write."""
    return painted(_DRAWINGS[class_name])
