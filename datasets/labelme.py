"""LabelMe's JSON, one file an image, as LabelMe, AnyLabeling and their kin write it.

Corners lie between pixels, from 0. A shape that is no rectangle is taken as the box around it.
"""

from __future__ import annotations

import math
import posixpath

import msgspec

from datasets.files import Files
from datasets.json_files import Name, class_text, documents, json_heads
from datasets.named_images import add_found_image, add_named_image, require_images
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawSet
from datasets.shapes import around, around_ellipse
from datasets.split_names import split_of_folders


class _Shape(msgspec.Struct):
    points: list[list[float]] = []
    label: Name = None
    shape_type: str | None = None
    difficult: bool | None = None


class _Document(msgspec.Struct, rename="camel"):
    shapes: list[_Shape]
    image_path: str | None = None
    image_width: float | None = None
    image_height: float | None = None


def labelme_files(files: Files) -> list[str]:
    """Return the JSON files that begin like LabelMe's."""
    return [
        name
        for name, head in json_heads(files).items()
        if head.opening == "{" and "shapes" in head.keys and head.keys & {"imagePath", "shape_type"}
    ]


def read_labelme(files: Files, track: Track) -> RawSet:
    """Read every file of LabelMe's.

    Raises:
        DatasetError: none of them has its image here.
    """
    raw = RawSet("labelme", counts_in="object")
    names = labelme_files(files)
    for name, document in documents(files, raw, names, _Document, track):
        _read_image(files, raw, name, document)
    require_images(files, raw, names, "LabelMe")
    raw.summary = f"LabelMe JSON: {len(raw.images)} images"
    return raw


def _read_image(files: Files, raw: RawSet, source: str, document: _Document) -> None:
    written = document.image_path or posixpath.basename(source)
    split, size = split_of_folders(source), (document.image_width, document.image_height)
    # What the image was called on somebody's disk matters less than the file beside.
    beside = files.image_beside(source, posixpath.basename(written.replace("\\", "/")))
    if beside:
        index = add_found_image(raw, beside, source, split=split, size_px=size)
    else:
        index = add_named_image(files, raw, written, source, split=split, size_px=size)
    if index is None:
        return
    for number, shape in enumerate(document.shapes, 1):
        try:
            corners, is_outline = _corners(shape)
        except ValueError as error:
            raw.add_problem(Kind.NOT_A_BOX, source, f"{error}; left out", number)
            continue
        raw.outlines += is_outline
        raw.add_box(index, corners, class_text(shape.label), number, ignore=bool(shape.difficult))


def _corners(shape: _Shape) -> tuple[Corners, bool]:
    """Return a shape's box, and whether it is the box around something else.

    Raises:
        ValueError: it is no object, in half a sentence.
    """
    if not class_text(shape.label).strip():
        raise ValueError("has no label")
    if shape.shape_type == "circle" and len(shape.points) == 2:
        x1, y1, x2, y2 = around(shape.points[:1])[:2] + around(shape.points[1:])[:2]
        radius = math.hypot(x2 - x1, y2 - y1)
        return around_ellipse(x1, y1, (radius, radius)), True
    corners = x1, y1, x2, y2 = around(shape.points)
    if shape.shape_type == "mask":  # its points are the first and the last pixel
        return (x1, y1, x2 + 1, y2 + 1), True
    at_corners = all(x in {x1, x2} and y in {y1, y2} for x, y, *_ in shape.points)
    return corners, not (shape.shape_type == "rectangle" and at_corners)
