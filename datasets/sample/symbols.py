"""Outlines and pictures on signs, as polygons in units of the face."""

from __future__ import annotations

import numpy as np

from datasets.sample.drawing import Corners, disc, rectangle, regular, rounded, stroke

# A person who walks to the right, as on E,12: head, body, arms and legs.
WALKER = (
    disc(0.095, 0.05, -0.33),
    stroke((0.02, -0.16), (-0.02, 0.17), 0.17),
    stroke((0.04, -0.15), (0.2, 0.0), 0.07),
    stroke((0.2, 0.0), (0.29, -0.02), 0.06),
    stroke((-0.02, -0.15), (-0.17, 0.0), 0.07),
    stroke((-0.17, 0.0), (-0.19, 0.13), 0.06),
    stroke((0.02, 0.18), (0.14, 0.36), 0.1),
    stroke((0.14, 0.36), (0.2, 0.56), 0.085),
    stroke((-0.05, 0.18), (-0.11, 0.38), 0.1),
    stroke((-0.11, 0.38), (-0.25, 0.54), 0.085),
)
ZEBRA = tuple(  # the stripes that the walker crosses on
    np.array([(x, 0.5), (x + 0.1, 0.5), (x + 0.12, 0.63), (x - 0.02, 0.63)])
    for x in np.linspace(-0.5, 0.38, 5)
)


def octagon(radius: float) -> Corners:
    """Return an octagon with a flat top; ``radius`` is from the centre to a side."""
    return regular(8, radius / np.cos(np.pi / 8), np.pi / 8)


def triangle(inset: float = 0.0) -> Corners:
    """Return a rounded triangle that fills the face's width, moved in from each side."""
    half = 1.04  # of its base, more than 1 since the rounding takes a little off each corner
    incircle = half / np.sqrt(3)
    scale = 1 - inset / incircle
    centred = regular(3, 2 * incircle * scale, -np.pi / 2)
    return rounded(np.add(centred, (0.0, incircle / 2)), 0.2 * scale)


def straight_arrow(degrees: float) -> tuple[Corners, ...]:
    """Return one arrow through the middle, 0 degrees to the right, clockwise, as on D,1a."""
    shaft = rectangle(-0.62, -0.13, 0.2, 0.13)
    head = np.array([(0.1, -0.42), (0.66, 0.0), (0.1, 0.42)])
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return shaft @ turn, head @ turn


def bent_arrow(degrees: float) -> Corners:
    """Return an arrow bent along a circle from an angle on, about 100 degrees anticlockwise."""
    start = np.radians(degrees)
    bend = start - np.linspace(0, np.radians(66), 16)
    neck, tip = bend[-1:], np.array([start - np.radians(103)])
    outline = ((0.62, bend), (0.75, neck), (0.52, tip), (0.29, neck), (0.42, bend[::-1]))
    return np.concatenate([r * np.column_stack([np.cos(a), np.sin(a)]) for r, a in outline])


ROUNDABOUT = tuple(map(bent_arrow, (-35.0, 85.0, 205.0)))  # that chase each other, as on D,3
