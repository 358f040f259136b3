"""The upright box around what is no upright box: outlines, points, turned boxes and ellipses.

Angles are in degrees, clockwise as an image is seen (its y axis points down).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from datasets.raw import Corners

Point = Sequence[float]  # x, y and whatever a tool writes behind them


def around(points: Sequence[Point]) -> Corners:
    """Return the box around points.

    Raises:
        ValueError: there are none, or one has no x and y.
    """
    if not points or any(len(point) < 2 for point in points):
        raise ValueError("has no points")
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def around_turned(corners: Corners, degrees: float, pivot: tuple[float, float]) -> Corners:
    """Return the box around a box that was turned about a point."""
    if not degrees:
        return corners
    x1, y1, x2, y2 = corners
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    sides = [(x - pivot[0], y - pivot[1]) for x in (x1, x2) for y in (y1, y2)]
    return around(
        [(pivot[0] + x * cosine - y * sine, pivot[1] + x * sine + y * cosine) for x, y in sides]
    )


def around_ellipse(x: float, y: float, radii: tuple[float, float], degrees: float = 0) -> Corners:
    """Return the box around an ellipse at x, y, whose first radius lies at the angle."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    across = math.hypot(radii[0] * cosine, radii[1] * sine)
    down = math.hypot(radii[0] * sine, radii[1] * cosine)
    return x - across, y - down, x + across, y + down


def middle(corners: Corners) -> tuple[float, float]:
    """Return the middle of a box."""
    return (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
