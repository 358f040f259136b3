"""Supervisely's project folders: ``ann/a.jpg.json`` for ``img/a.jpg`` in each of its datasets.

Supervisely counts whole pixels, the last one included: a rectangle from 7 to 36 is 30 pixels wide.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import struct
import zlib

import msgspec

from datasets.annotations import SPLITS
from datasets.files import Files
from datasets.json_files import Name, class_text, decoded, documents, json_heads
from datasets.named_images import add_named_image, require_images
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawSet
from datasets.shapes import around
from datasets.split_names import split_of_folders

_PNG_SIZE = struct.Struct(">8x8xII")  # signature, length and name of the header, width, height


class _Points(msgspec.Struct):
    exterior: list[list[float]] = []


class _Bitmap(msgspec.Struct):
    data: str
    origin: tuple[float, float]


class _Node(msgspec.Struct):
    loc: list[float]


class _Object(msgspec.Struct, rename="camel"):
    class_title: Name = None
    geometry_type: str | None = None
    points: _Points | None = None
    bitmap: _Bitmap | None = None
    nodes: dict[str, _Node] | None = None


class _Size(msgspec.Struct):
    width: float | None = None
    height: float | None = None


class _Tag(msgspec.Struct):
    name: Name = None


class _Document(msgspec.Struct):
    objects: list[_Object]
    size: _Size
    tags: list[_Tag | str] = []


class _Class(msgspec.Struct):
    title: Name


class _Meta(msgspec.Struct):
    classes: list[_Class]


def supervisely_files(files: Files) -> list[str]:
    """Return the JSON files that begin like Supervisely's annotations of an image."""
    return [
        name
        for name, head in json_heads(files).items()
        if head.opening == "{" and head.keys >= {"objects", "size", "tags"}
    ]


def read_supervisely(files: Files, track: Track) -> RawSet:
    """Read every annotation of a Supervisely project.

    Raises:
        DatasetError: none of them has its image here.
    """
    raw = RawSet("supervisely", counts_in="object")
    _add_classes(files, raw)
    names = supervisely_files(files)
    for name, document in documents(files, raw, names, _Document, track):
        _read_image(files, raw, name, document)
    require_images(files, raw, names, "Supervisely")
    raw.summary = f"Supervisely: {len(raw.images)} images"
    return raw


def _add_classes(files: Files, raw: RawSet) -> None:
    """Add the classes of the projects' ``meta.json``, used or not."""
    for name, head in json_heads(files).items():
        if posixpath.basename(name) == "meta.json" and head.keys >= {"classes", "title"}:
            try:
                classes = decoded(files.root / name, _Meta).classes
            except ValueError as error:
                raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; left out")
            else:
                for each in classes:
                    raw.add_class(class_text(each.title))


def _read_image(files: Files, raw: RawSet, source: str, document: _Document) -> None:
    tags = {tag if isinstance(tag, str) else class_text(tag.name) for tag in document.tags}
    tagged = [split for split in SPLITS if split in tags]
    split = split_of_folders(source) or (tagged[0] if len(tagged) == 1 else "")
    image = posixpath.basename(source).removesuffix(".json")
    size = document.size.width, document.size.height
    index = add_named_image(files, raw, image, source, split=split, size_px=size)
    for number, each in enumerate(document.objects if index is not None else (), 1):
        class_name = class_text(each.class_title)
        try:
            corners = _corners(each)
            if not class_name.strip():
                raise ValueError("has no classTitle")
        except ValueError as error:
            raw.add_problem(Kind.NOT_A_BOX, source, f"{error}; left out", number)
            continue
        raw.outlines += each.geometry_type != "rectangle"
        raw.add_box(index or 0, corners, class_name, number)


def _corners(each: _Object) -> Corners:
    """Return an object's box.

    Raises:
        ValueError: it has none, in half a sentence.
    """
    if each.bitmap:
        x, y = each.bitmap.origin
        width, height = _png_size(each.bitmap.data)
        return x, y, x + width, y + height
    if each.nodes:
        return around([node.loc for node in each.nodes.values()])
    corners = x1, y1, x2, y2 = around(each.points.exterior if each.points else [])
    # Coordinates finer than pixels lie between them, so that nothing is to be included.
    if each.geometry_type == "rectangle" and all(number.is_integer() for number in corners):
        return x1, y1, x2 + 1, y2 + 1
    return corners


def _png_size(data: str) -> tuple[int, int]:
    """Return width and height of a mask: a PNG, packed, as text; no more than its header is read.

    Raises:
        ValueError: it is none.
    """
    try:
        packed = base64.b64decode(data)
        width, height = _PNG_SIZE.unpack(zlib.decompressobj().decompress(packed, _PNG_SIZE.size))
    except (binascii.Error, zlib.error, struct.error) as error:
        raise ValueError(f"has a bitmap that can't be read ({error})") from error
    return width, height
