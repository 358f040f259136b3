"""The faces of the six signs, drawn from the shapes that the Vienna Convention describes.

Convention on Road Signs and Signals (Vienna, 1968; consolidated 2006), annex 1: the codes below
are its own. National variants differ in the width of borders, the ground and the side of traffic,
so each class has several faces.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from datasets.sample.drawing import (
    BLACK,
    BLUE,
    RED,
    WHITE,
    YELLOW,
    Colour,
    Corners,
    Face,
    Lettering,
    disc,
    mirrored,
    paint,
    rectangle,
    regular,
    rounded,
    shape,
)
from datasets.sample.symbols import roundabout, walker, zebra

CLASSES = ("stop", "give way", "no entry", "speed limit", "pedestrian crossing", "roundabout")
_SPEEDS = (20, 30, 40, 50, 60, 70, 80, 90, 100, 120)  # km/h


@cache
def faces(class_name: str) -> tuple[Face, ...]:
    """Return every variant of that class, one of `CLASSES`; the arrays are shared, not to write."""
    drawn = {
        "stop": lambda: [_stop(border) for border in (0.035, 0.06)],
        "give way": lambda: [
            _give_way(ground, border) for ground in (WHITE, YELLOW) for border in (0.17, 0.22)
        ],
        "no entry": lambda: [_no_entry(rim, bar) for rim in (0.0, 0.04) for bar in (0.14, 0.18)],
        "speed limit": lambda: [_speed_limit(speed) for speed in _SPEEDS],
        "pedestrian crossing": lambda: [_crossing(flip) for flip in (False, True)],
        "roundabout": lambda: [_roundabout(flip) for flip in (False, True)],
    }[class_name]()
    for face in drawn:
        face.flags.writeable = False
    return tuple(drawn)


def octagon(radius: float) -> Corners:
    """Return an octagon with a flat top; ``radius`` is from the centre to a side."""
    return regular(8, radius / np.cos(np.pi / 8), np.pi / 8)


def triangle(inset: float = 0.0, points_up: bool = True) -> Corners:
    """Return a rounded triangle that fills the face's width, moved in from each side."""
    half = 1.04  # of its base, more than 1 since the rounding takes a little off each corner
    incircle = half / np.sqrt(3)
    scale = 1 - inset / incircle
    centred = regular(3, 2 * incircle * scale, -np.pi / 2)
    polygon = rounded(centred + np.array([0.0, incircle / 2]), 0.2 * scale)
    return polygon if points_up else polygon * (1.0, -1.0)


def _stop(border: float) -> Face:
    """B,2a: a red octagon with a narrow light border and the word STOP."""
    return paint(
        [
            shape(WHITE, octagon(0.98)),
            shape(RED, octagon(0.98 - border)),
            Lettering("STOP", (-0.76, -0.3, 0.76, 0.3), WHITE),
        ]
    )


def _give_way(ground: Colour, border: float) -> Face:
    """B,1: a triangle on its point, white or yellow, with a red border."""
    return paint(
        [
            shape(WHITE, triangle(points_up=False)),
            shape(RED, triangle(0.02, points_up=False)),
            shape(ground, triangle(border, points_up=False)),
        ]
    )


def _no_entry(rim: float, bar: float) -> Face:
    """C,1a: a red disc with a light horizontal bar."""
    return paint(
        [
            shape(WHITE, disc(0.98)),
            shape(RED, disc(0.98 - rim)),
            shape(WHITE, rectangle(-0.74, -bar, 0.74, bar)),
        ]
    )


def _speed_limit(speed_kmh: int) -> Face:
    """C,14: a white disc with a red border and the highest speed in km/h."""
    half = 0.5 if speed_kmh < 100 else 0.6
    return paint(
        [
            shape(RED, disc(0.98)),
            shape(WHITE, disc(0.76)),
            Lettering(str(speed_kmh), (-half, -0.38, half, 0.38), BLACK, boldness=0.2),
        ]
    )


def _crossing(flip: bool) -> Face:
    """E,12a: a blue square with a light triangle that shows a person on a crossing."""
    inside = triangle() * 0.82
    picture = [
        mirrored(polygon) if flip else polygon
        for polygon in (p * 0.95 + (0.0, 0.06) for p in (*walker(), *zebra()))
    ]
    return paint(
        [
            shape(WHITE, rounded(rectangle(-0.98, -0.98, 0.98, 0.98), 0.14)),
            shape(BLUE, rounded(rectangle(-0.94, -0.94, 0.94, 0.94), 0.11)),
            shape(WHITE, inside),
            shape(BLACK, *picture),
        ]
    )


def _roundabout(flip: bool) -> Face:
    """D,3: a blue disc with three arrows in a circle; clockwise where traffic keeps left."""
    arrows = [mirrored(arrow) if flip else arrow for arrow in roundabout()]
    return paint([shape(WHITE, disc(0.98)), shape(BLUE, disc(0.94)), shape(WHITE, *arrows)])
