"""Regions of VGG Image Annotator, whatever its version: a shape and attributes of any names."""

from __future__ import annotations

import math

import msgspec

from datasets.json_files import Name
from datasets.raw import Corners
from datasets.shapes import around, around_ellipse


class Shape(msgspec.Struct):
    """A shape in pixels, as the fields that its kind has."""

    name: str = ""
    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    cx: float | None = None
    cy: float | None = None
    r: float | None = None
    rx: float | None = None
    ry: float | None = None
    theta: float = 0.0
    all_points_x: list[float] = []
    all_points_y: list[float] = []


Values = dict[str, Name | dict[str, Name]]  # an attribute of check boxes has an answer for each


class Region(msgspec.Struct):
    """An object."""

    shape_attributes: Shape
    region_attributes: Values = {}


def corners_of(shape: Shape) -> Corners:
    """Return a region's box.

    Raises:
        ValueError: it has none, in half a sentence.
    """
    x, y, width, height = shape.x, shape.y, shape.width, shape.height
    if x is not None and y is not None and width is not None and height is not None:
        return x, y, x + width, y + height
    if shape.cx is not None and shape.cy is not None:
        radii = shape.rx or shape.r or 0.0, shape.ry or shape.r or 0.0
        return around_ellipse(shape.cx, shape.cy, radii, math.degrees(shape.theta))
    return around(list(zip(shape.all_points_x, shape.all_points_y, strict=False)))
