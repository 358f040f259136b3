"""Flat drawings as layers of polygons and lettering, painted to RGBA pixels.

Coordinates are those of a sign's face: x to the right, y down, both from -1 to 1, so a disc that
touches all four sides has radius 1. Corners are ``(K, 2)`` float64 in these units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.float64]
Colour = tuple[int, int, int]  # RGB, 0 to 255
Face = NDArray[np.uint8]  # (SIDE_PX, SIDE_PX, 4) RGBA, alpha 0 outside the shape

SIDE_PX = 256
_LARGE_PX = 4 * SIDE_PX  # side of the canvas that is painted and then averaged down
_SHIFT = 4  # fractional bits that cv2.fillPoly takes

# About the traffic colours RAL 3020, 5017, 1023, 9016, 9017 and a galvanised grey.
RED: Colour = (190, 22, 30)
BLUE: Colour = (0, 84, 160)
YELLOW: Colour = (246, 196, 40)
WHITE: Colour = (244, 244, 240)
BLACK: Colour = (28, 28, 30)
GREY: Colour = (128, 132, 134)


@dataclass(frozen=True)
class Lettering:
    """Letters stretched into a box, as signs do: x1, y1, x2, y2 in units of the face."""

    text: str
    box: tuple[float, float, float, float]
    colour: Colour
    boldness: float = 0.16  # stroke width relative to the height of a capital


Shape = tuple[Colour, *tuple[Corners, ...]]  # a colour and the polygons that it fills
Drawing = Sequence[Shape | Lettering]  # lowest layer first


def painted(drawings: Sequence[Drawing]) -> tuple[Face, ...]:
    """Return each drawing painted; the arrays are to be shared, not to write."""
    faces = tuple(paint(layers) for layers in drawings)
    for face in faces:
        face.flags.writeable = False
    return faces


def paint(layers: Drawing) -> Face:
    """Paint the layers over each other, with smooth edges."""
    canvas = np.zeros((_LARGE_PX, _LARGE_PX, 4), dtype=np.uint8)
    for layer in layers:
        if isinstance(layer, Lettering):
            canvas[_letters(layer)] = (*layer.colour, 255)
            continue
        colour, *polygons = layer
        for corners in polygons:
            pixels = (corners + 1.0) * _LARGE_PX / 2 - 0.5  # pixel centres are whole numbers
            fixed = np.round(pixels * 2**_SHIFT).astype(np.int32)
            cv2.fillPoly(canvas, [fixed], (*colour, 255), cv2.LINE_8, _SHIFT)
    # Colours are averaged by their alpha, so that edges do not darken.
    alpha = canvas[..., 3:].astype(np.float32) / 255
    weighted = np.concatenate([canvas[..., :3] * alpha, alpha], axis=-1)
    small = cv2.resize(weighted, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    rgb = small[..., :3] / np.maximum(small[..., 3:], 1e-6)
    return np.round(np.concatenate([rgb, 255 * small[..., 3:]], axis=-1)).astype(np.uint8)


def disc(radius: float, x: float = 0.0, y: float = 0.0) -> Corners:
    """Return a circle as a polygon of many corners."""
    return np.add(regular(120, radius), (x, y))


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


def rounded(corners: Corners, radius: float) -> Corners:
    """Return the polygon with each corner rounded off from ``radius`` before to after it."""
    step = np.linspace(0, 1, 9)[:, None]
    before, after = (np.roll(corners, places, axis=0) - corners for places in (1, -1))
    start, end = (
        (corners + radius * side / np.linalg.norm(side, axis=1, keepdims=True))[:, None]
        for side in (before, after)
    )
    curves = (1 - step) ** 2 * start + 2 * step * (1 - step) * corners[:, None] + step**2 * end
    return np.asarray(curves.reshape(-1, 2))


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
    x1, y1, x2, y2 = (round((value + 1) * _LARGE_PX / 2) for value in lettering.box)
    covered = np.zeros((_LARGE_PX, _LARGE_PX), dtype=bool)
    covered[y1:y2, x1:x2] = cv2.resize(ink, (x2 - x1, y2 - y1)) > 127
    return covered
