"""COCO's JSON files as they lie in a set: which they are, and the few fields of them that count.

They are decoded straight into those fields: outlines, by far the most of such a file, never become
objects, except where there is no box.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from datasets.annotations import DatasetError
from datasets.coco_ids import Id
from datasets.encodings import as_utf8
from datasets.files import Files
from datasets.outlines import around_segmentation
from datasets.raw import Corners
from datasets.split_names import in_split_order

_BYTES_AT_ONCE = 2**20  # of a file that is searched for COCO's keys, which may come late
KEYS = (b'"images"', b'"annotations"')
# What the COCO project itself puts beside its boxes.
_OTHER_TASKS = re.compile(r"(captions|person_keypoints|stuff|panoptic|image_info)_")
_ENDLESS = re.compile(rb"(?<=[\[,:\s])(NaN|-?Infinity)(?=\s*[,\]}])")
_BEYOND = b"9e99"  # in its place: no coordinate is so large, so the box is named and left out


class CocoImage(msgspec.Struct, gc=False):
    """An image; its sides in pixels, where they are given, are those of the file."""

    id: Id
    file_name: str | int
    width: float | None = None
    height: float | None = None


class CocoCategory(msgspec.Struct, gc=False):
    """A class; its name may be a number or another of JSON's words."""

    id: Id
    name: str | int | float | bool | None
    supercategory: str | int | float | bool | None = None


class CocoAnnotation(msgspec.Struct, gc=False):
    """An object; its box is left, top, width, height in pixels."""

    image_id: Id | None
    category_id: Id | None = None
    id: Id | None = -1
    bbox: list[float] | None = None
    iscrowd: int | float | bool | None = 0
    ignore: int | float | bool | None = 0


class _Outlined(msgspec.Struct, gc=False):
    segmentation: msgspec.Raw = msgspec.Raw(b"null")


class CocoDocument(msgspec.Struct):
    """A file of ground truth."""

    images: list[CocoImage]
    categories: list[CocoCategory]
    annotations: list[CocoAnnotation] = []


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
    with path.open("rb") as stream:
        head = as_utf8(stream.read(_BYTES_AT_ONCE))
        if not head.lstrip().startswith(b"{"):
            return False
        while head:
            if any(key in head for key in KEYS):
                return True
            rest = stream.read(_BYTES_AT_ONCE).replace(b"\0", b"")  # as in UTF-16
            head = head[-max(map(len, KEYS)) :] + rest if rest else b""
    return False


def coco_bytes(path: Path) -> bytes:
    """Return a file as UTF-8.

    Raises:
        DatasetError: it is neither that nor UTF-16.
    """
    try:
        return as_utf8(path.read_bytes())
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is not JSON ({error}); write the file again") from error


def decoded(path: Path, data: bytes, kind: type[Any]) -> Any:
    """Return a file as that type; a box with a number that is not finite has one too large.

    Raises:
        DatasetError: it is not JSON, or of another shape.
    """
    try:
        return msgspec.json.decode(data, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise DatasetError(
            f"{path}: is not COCO JSON ({error}); it needs images, annotations and categories"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        finite = _ENDLESS.sub(_BEYOND, data)
        if finite != data:
            return decoded(path, finite, kind)
        raise DatasetError(f"{path}: is not JSON ({error}); write the file again") from error


def corners_of(bbox: list[float] | None) -> Corners | None:
    """Return a box's corners, None unless it is left, top, width and height."""
    if bbox is None or len(bbox) != 4:
        return None
    x, y, width, height = bbox
    return x, y, x + width, y + height


def with_outlines(boxes: Sequence[Corners | None], path: Path, data: bytes) -> list[Corners | None]:
    """Return the boxes of all annotations: where there is none, that around its outline.

    Raises:
        DatasetError: the outlines can't be read.
    """
    outlines = decoded(path, data, _Outlines).annotations
    return [
        around_segmentation(msgspec.json.decode(each.segmentation)) if box is None else box
        for each, box in zip(outlines, boxes, strict=True)
    ]
