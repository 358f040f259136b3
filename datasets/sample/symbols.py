"""Pictures on signs, as polygons in units of the face: a walker, a roundabout, arrows."""

from __future__ import annotations

import numpy as np

from datasets.sample.drawing import Corners, disc, rectangle, stroke


def walker() -> tuple[Corners, ...]:
    """Return a person who walks to the right, as on E,12: head, body, arms and legs."""
    neck, hip = (0.02, -0.16), (-0.02, 0.17)
    return (
        disc(0.095, 0.05, -0.33),
        stroke(neck, hip, 0.17),
        stroke((0.04, -0.15), (0.2, 0.0), 0.07),
        stroke((0.2, 0.0), (0.29, -0.02), 0.06),
        stroke((-0.02, -0.15), (-0.17, 0.0), 0.07),
        stroke((-0.17, 0.0), (-0.19, 0.13), 0.06),
        stroke((0.02, 0.18), (0.14, 0.36), 0.1),
        stroke((0.14, 0.36), (0.2, 0.56), 0.085),
        stroke((-0.05, 0.18), (-0.11, 0.38), 0.1),
        stroke((-0.11, 0.38), (-0.25, 0.54), 0.085),
    )


def zebra() -> tuple[Corners, ...]:
    """Return the stripes that the walker crosses on."""
    lefts = np.linspace(-0.5, 0.38, 5)
    return tuple(
        np.array([(x, 0.5), (x + 0.1, 0.5), (x + 0.12, 0.63), (x - 0.02, 0.63)]) for x in lefts
    )


def roundabout() -> tuple[Corners, ...]:
    """Return three arrows that chase each other anticlockwise, as on D,3."""
    return tuple(_bent_arrow(turn) for turn in np.radians([-35.0, 85.0, 205.0]))


def straight_arrow(degrees: float) -> tuple[Corners, ...]:
    """Return one arrow through the middle, 0 degrees to the right, clockwise, as on D,1a."""
    shaft = rectangle(-0.62, -0.13, 0.2, 0.13)
    head = np.array([(0.1, -0.42), (0.66, 0.0), (0.1, 0.42)])
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return shaft @ turn, head @ turn


def _bent_arrow(start: float) -> Corners:
    """Return an arrow bent along a circle from ``start``, about 100 degrees anticlockwise."""
    radius, half_width, half_head = 0.52, 0.1, 0.23
    bend = start - np.linspace(0, np.radians(66), 16)
    tip = start - np.radians(103)

    def around(distance: float, angles: np.typing.ArrayLike) -> Corners:
        return distance * np.column_stack([np.cos(angles), np.sin(angles)])

    outside = around(radius + half_width, bend)
    inside = around(radius - half_width, bend[::-1])
    wings = [
        around(radius + half_head, bend[-1:]),
        around(radius, [tip]),
        around(radius - half_head, bend[-1:]),
    ]
    return np.concatenate([outside, *wings, inside])
