"""Flat drawings as layers of polygons and lettering, painted to RGBA pixels.

Coordinates are those of a sign's face: x to the right, y down, both from -1 to 1, so a disc that
touches all four sides has radius 1. Corners are ``(K, 2)`` float64 in these units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Corners = NDArray[np.float64]
Colour = tuple[int, int, int]  # RGB, 0 to 255
Face = NDArray[np.uint8]  # (SIDE_PX, SIDE_PX, 4) RGBA, alpha 0 outside the shape

SIDE_PX = 256
_OVERSAMPLING = 4
_SHIFT = 4  # fractional bits that cv2.fillPoly takes

# About the traffic colours RAL 3020, 5017, 1023, 9016, 9017 and a galvanised grey.
RED: Colour = (190, 22, 30)
BLUE: Colour = (0, 84, 160)
YELLOW: Colour = (246, 196, 40)
WHITE: Colour = (244, 244, 240)
BLACK: Colour = (28, 28, 30)
GREY: Colour = (128, 132, 134)


@dataclass(frozen=True, eq=False)
class Shape:
    """Polygons filled with one colour."""

    polygons: tuple[Corners, ...]
    colour: Colour


@dataclass(frozen=True)
class Lettering:
    """Letters stretched into a box, as signs do: x1, y1, x2, y2 in units of the face."""

    text: str
    box: tuple[float, float, float, float]
    colour: Colour
    boldness: float = 0.16  # stroke width relative to the height of a capital


Drawing = Sequence[Shape | Lettering]  # lowest layer first


def shape(colour: Colour, *polygons: ArrayLike) -> Shape:
    """Return a layer that fills all the polygons with the colour."""
    return Shape(tuple(np.asarray(corners, dtype=np.float64) for corners in polygons), colour)


def paint(layers: Drawing) -> Face:
    """Paint the layers over each other, with smooth edges."""
    side = SIDE_PX * _OVERSAMPLING
    canvas = np.zeros((side, side, 4), dtype=np.uint8)
    for layer in layers:
        if isinstance(layer, Lettering):
            canvas[_letters(layer)] = (*layer.colour, 255)
        else:
            for corners in layer.polygons:
                fixed = np.round(_pixels(corners) * 2**_SHIFT).astype(np.int32)
                cv2.fillPoly(canvas, [fixed], (*layer.colour, 255), cv2.LINE_8, _SHIFT)
    return _smaller(canvas)


def disc(radius: float, x: float = 0.0, y: float = 0.0) -> Corners:
    """Return a circle as a polygon of many corners."""
    return np.asarray(regular(120, radius) + np.array([x, y]))


def regular(corners: int, radius: float, turn: float = 0.0) -> Corners:
    """Return a regular polygon with a corner at the angle ``turn``, radians clockwise from +x."""
    angles = turn + np.arange(corners) * 2 * np.pi / corners
    return radius * np.column_stack([np.cos(angles), np.sin(angles)])


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Corners:
    """Return an upright rectangle."""
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


def stroke(start: tuple[float, float], end: tuple[float, float], width: float) -> Corners:
    """Return a straight stroke of that width with round ends."""
    along = np.subtract(end, start)
    heading = np.arctan2(along[1], along[0])
    half_turn = np.linspace(np.pi / 2, 3 * np.pi / 2, 12) + heading
    cap = width / 2 * np.column_stack([np.cos(half_turn), np.sin(half_turn)])
    return np.concatenate([cap + start, -cap + end])


def rounded(corners: ArrayLike, radius: float) -> Corners:
    """Return the polygon with each corner rounded off from ``radius`` before to after it."""
    points = np.asarray(corners, dtype=np.float64)
    step = np.linspace(0, 1, 9)[:, None]
    curves = []
    befores, afters = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    for before, corner, after in zip(befores, points, afters, strict=True):
        start = corner + radius * (before - corner) / np.linalg.norm(before - corner)
        end = corner + radius * (after - corner) / np.linalg.norm(after - corner)
        curves.append((1 - step) ** 2 * start + 2 * step * (1 - step) * corner + step**2 * end)
    return np.concatenate(curves)


def mirrored(polygon: Corners) -> Corners:
    """Return the polygon as seen in a mirror: left and right exchanged."""
    return polygon * (-1.0, 1.0)


def _pixels(corners: Corners) -> Corners:
    """Turn face units to pixels of the large canvas, where pixel centres are whole numbers."""
    side = SIDE_PX * _OVERSAMPLING
    return (corners + 1.0) * side / 2 - 0.5


def _letters(lettering: Lettering) -> NDArray[np.bool_]:
    """Return which pixels of the large canvas the letters cover."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 8.0
    capital = cv2.getTextSize("H", font, scale, 1)[0][1]
    pen = round(capital * lettering.boldness)
    (width, height), _ = cv2.getTextSize(lettering.text, font, scale, pen)
    ink = np.zeros((height + 4 * pen, width + 4 * pen), dtype=np.uint8)
    corner = (2 * pen, height + 2 * pen)
    cv2.putText(ink, lettering.text, corner, font, scale, 255, pen, cv2.LINE_AA)
    left, top, wide, high = cv2.boundingRect(ink)
    ink = ink[top : top + high, left : left + wide]
    side = SIDE_PX * _OVERSAMPLING
    x1, y1, x2, y2 = (round((value + 1) * side / 2) for value in lettering.box)
    covered = np.zeros((side, side), dtype=bool)
    covered[y1:y2, x1:x2] = cv2.resize(ink, (x2 - x1, y2 - y1)) > 127
    return covered


def _smaller(canvas: NDArray[np.uint8]) -> Face:
    """Average blocks of pixels, colour weighted by alpha so that edges do not darken."""
    alpha = canvas[..., 3:].astype(np.float32) / 255
    weighted = np.concatenate([canvas[..., :3] * alpha, alpha], axis=-1)
    small = cv2.resize(weighted, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    rgb = small[..., :3] / np.maximum(small[..., 3:], 1e-6)
    rgba = np.concatenate([rgb, 255 * small[..., 3:]], axis=-1)
    return np.round(rgba).astype(np.uint8)
