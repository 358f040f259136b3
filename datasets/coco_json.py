"""COCO's JSON files as they lie in a set: which they are, and the few fields of them that count.

They are decoded straight into those fields: outlines, by far the most of such a file, never become
objects, except where there is no box.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.annotations import DatasetError
from datasets.coco_ids import Id
from datasets.coco_objects import CocoAnnotation, CocoObjects, objects_of
from datasets.encodings import as_utf8
from datasets.files import Files
from datasets.outlines import around_segmentation
from datasets.raw import Corners
from datasets.regular_files import content, opened
from datasets.split_names import in_split_order

T = TypeVar("T")
MOST_JSON_BYTES = 2 * 2**30  # four times COCO's own largest
_BYTES_AT_ONCE = 2**20  # of a file that is searched for COCO's keys, which may come late
_KEYS = (b'"images"', b'"annotations"')
_MARKS = b"\xef\xbb\xbf\xff\xfe"  # bytes of byte order marks
_ALL_KEYS = (*_KEYS, b'"categories"')
# What the COCO project itself puts beside its boxes.
_OTHER_TASKS = re.compile(r"(captions|person_keypoints|stuff|panoptic|image_info)_")
_ENDLESS = re.compile(rb"(?<=[\[,:\s])(NaN|-?Infinity)(?=\s*[,\]}])")
_BEYOND = b"9e99"  # in its place: no coordinate is so large, so the box is named and left out


class CocoImage(msgspec.Struct, gc=False):
    """An image; its sides in pixels, where they are given, are those of the file.

    One that has no id or name costs itself alone.
    """

    id: Id | None = None
    file_name: str | int | None = None
    width: float | None = None
    height: float | None = None


class CocoCategory(msgspec.Struct, gc=False):
    """A class; its name may be a number or another of JSON's words."""

    id: Id
    name: str | int | float | bool | None
    supercategory: str | int | float | bool | None = None


class _Outlined(msgspec.Struct, gc=False):
    segmentation: msgspec.Raw = msgspec.Raw(b"null")


class _Document(msgspec.Struct):
    images: list[CocoImage]
    categories: list[CocoCategory]
    annotations: list[CocoAnnotation] = []


@dataclass(frozen=True, eq=False)
class CocoFile:
    """A file of ground truth."""

    images: list[CocoImage]
    categories: list[CocoCategory]
    objects: CocoObjects


class _Outlines(msgspec.Struct):
    annotations: list[_Outlined]


def coco_files(files: Files) -> list[str]:
    """Return the JSON files like COCO's, those of train before val and test.

    Where there are boxes in other files, those of its other tasks are left out.
    """
    found = like_coco(files)
    boxes = [name for name in found if not _OTHER_TASKS.match(posixpath.basename(name))]
    return sorted(boxes or found, key=in_split_order)


def like_coco(files: Files) -> list[str]:
    """Return the JSON files that are objects with COCO's keys, of whatever task."""
    return [name for name in files.with_suffix(".json") if _is_like_coco(files.root / name)]


def _is_like_coco(path: Path) -> bool:
    with opened(path) as stream:
        head = stream.read(_BYTES_AT_ONCE).lstrip(_MARKS).replace(b"\0", b"")  # as in UTF-16
        if not head.lstrip().startswith(b"{"):
            return False
        while head:
            if any(key in head for key in _KEYS):
                return True
            rest = stream.read(_BYTES_AT_ONCE).replace(b"\0", b"")
            head = head[-max(map(len, _KEYS)) :] + rest if rest else b""
    return False


def document_of(path: Path) -> CocoFile:
    """Return a file's images, categories and annotations.

    Raises:
        DatasetError: it is not JSON, or its images, annotations or categories are of another shape.
        ValueError: it has not all three, in half a sentence.
    """
    data = _bytes(path)
    try:
        found = _decoded(path, data, _Document)
    except msgspec.ValidationError as error:
        why = f"is not COCO JSON ({error}); it needs images, annotations and categories"
        if all(key in data for key in _ALL_KEYS):
            raise DatasetError(f"{path}: {why}") from error
        raise ValueError(why) from error
    del data  # by far the largest, which ends with the last text of a box
    return CocoFile(found.images, found.categories, objects_of(found.annotations))


def boxes_around_outlines(path: Path, wanted: Sequence[int]) -> dict[int, Corners]:
    """Return the boxes around the outlines of annotations, by their place in the file.

    Only those in ``wanted`` are looked at; one without an outline is left out.

    Raises:
        DatasetError: the file is not JSON any more.
    """
    outlines = _decoded(path, _bytes(path), _Outlines).annotations
    found = {
        place: around_segmentation(msgspec.json.decode(outlines[place].segmentation))
        for place in wanted
    }
    return {place: box for place, box in found.items() if box is not None}


def _bytes(path: Path) -> bytes:
    try:
        return as_utf8(content(path, MOST_JSON_BYTES))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is not JSON ({error}); write the file again") from error


def _decoded(path: Path, data: bytes, kind: type[T]) -> T:
    """Return a file as that type; a box with a number that is not finite has one too large.

    Raises:
        DatasetError: it is not JSON.
        msgspec.ValidationError: it is of another shape.
    """
    try:
        return msgspec.json.decode(data, type=kind, strict=False)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        finite = _ENDLESS.sub(_BEYOND, data)
        if finite != data:
            return _decoded(path, finite, kind)
        raise DatasetError(f"{path}: is not JSON ({error}); write the file again") from error
