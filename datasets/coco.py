"""COCO JSON: images, categories and boxes as left, top, width, height (Lin et al., 2014).

One file for all, one a split (``annotations/instances_train2017.json`` beside ``train2017/``) or
one in each split's folder (``_annotations.coco.json``). Files are decoded straight into the few
fields that are needed: outlines, by far the most of such a file, never become objects.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import count
from math import isfinite, nan
from pathlib import Path

import msgspec

from datasets.annotations import Annotations, DatasetError, Splits
from datasets.boxes import area, xyxy_to_xywh
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawImage, RawSet
from datasets.regular_files import content, opened
from datasets.split_names import in_split_order, split_of_file

MOST_JSON_BYTES = 2 * 2**30  # four times COCO's own largest
_HEAD_BYTES = 2**20  # a long list of categories may come first
_KEYS = (b'"images"', b'"annotations"')
# What the COCO project itself puts beside its boxes.
_OTHER_TASKS = re.compile(r"(captions|person_keypoints|stuff|panoptic|image_info)_")
_MOST_DIGITS = 18  # of an id in quotes that is a number: what JSON readers take for one
_ENDLESS = re.compile(rb"(NaN|-?Infinity)")
Id = int | str


class _Image(msgspec.Struct, gc=False):
    id: Id
    file_name: str
    width: float | None = None
    height: float | None = None


class _Category(msgspec.Struct, gc=False):
    id: Id
    name: str
    supercategory: str | None = None


class _Annotation(msgspec.Struct, gc=False):
    image_id: Id
    category_id: Id
    id: Id = -1
    bbox: list[float] | None = None
    iscrowd: int | bool | None = 0
    ignore: int | bool | None = 0


class _Document(msgspec.Struct):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Annotation] = []


def read_coco(files: Files, track: Track) -> RawSet:
    """Read every COCO file of boxes.

    Raises:
        DatasetError: a file has another shape, or none of its images is there.
    """
    raw = RawSet("coco", counts_in="annotation")
    names = coco_files(files)
    if not names:
        raise DatasetError(
            f"{files.root}: has no JSON file with images, annotations and categories, as COCO's"
        )
    for name in track(names, "reading annotations", len(names)):
        _read_document(files, raw, name, _decoded(files.root / name))
    raw.require(raw.images, files.without_images(names))
    raw.summary = f"COCO JSON: {', '.join(names)}"
    return raw


def coco_files(files: Files) -> list[str]:
    """Return the JSON files that begin like COCO's, those of train before val and test."""
    found = []
    for name in files.with_suffix(".json"):
        with opened(files.root / name) as stream:
            head = stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
        if head.startswith(b"{") and any(key in head for key in _KEYS):
            found += [] if _OTHER_TASKS.match(posixpath.basename(name)) else [name]
    return sorted(found, key=in_split_order)


def _decoded(path: Path) -> _Document:
    data = content(path, MOST_JSON_BYTES).removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data, type=_Document, strict=False)
    except msgspec.ValidationError as error:
        raise DatasetError(
            f"{path}: is not COCO JSON ({error}); it needs images, annotations and categories"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        endless = _ENDLESS.search(data)
        cause = f"has the number {endless[1].decode()}, which is not finite" if endless else error
        raise DatasetError(f"{path}: is not JSON ({cause}); write the file again") from error


def _read_document(files: Files, raw: RawSet, source: str, document: _Document) -> None:
    split = split_of_file(source)
    names = {_plain(c.id): c.name for c in document.categories}
    for category in _classes(document):
        raw.add_class(category.name)
    indices: dict[Id, int | None] = {}  # None where an image's boxes are to be left out
    for image in document.images:
        index = None
        if name := files.image(image.file_name, source, split):
            index = raw.add_image(RawImage(name, split, source, _size(image)))
        else:
            text = f"no image called {image.file_name}; left out"
            raw.add_problem(Kind.NO_IMAGE, source, text)
        indices[_plain(image.id)] = index
    for annotation in document.annotations:
        line = annotation.id if isinstance(annotation.id, int) else -1
        if (image_id := _plain(annotation.image_id)) not in indices:
            text = f"is of image {annotation.image_id}, which the file does not list; left out"
            raw.add_problem(Kind.NO_IMAGE, source, text, line)
            continue
        if (index := indices[image_id]) is None:
            continue
        class_name = names.get(_plain(annotation.category_id))
        box = annotation.bbox or []
        if class_name is None or len(box) != 4:
            unknown = f"category {annotation.category_id} is not in the file"
            text = f"{unknown if class_name is None else 'has no bbox of four numbers'}; left out"
            raw.add_problem(Kind.NOT_A_BOX, source, text, line)
            continue
        x, y, width, height = box
        ignore = bool(annotation.iscrowd or annotation.ignore)
        raw.add_box(index, (x, y, x + width, y + height), class_name, line, ignore=ignore)


def _classes(document: _Document) -> list[_Category]:
    """Return the categories without those that are only there as the group of others.

    Some tools export the project's name as a category, above all others and without a box.
    """
    groups = {c.supercategory for c in document.categories if c.supercategory != c.name}
    used = {_plain(a.category_id) for a in document.annotations}
    return [c for c in document.categories if _plain(c.id) in used or c.name not in groups]


def _size(image: _Image) -> tuple[int, int] | None:
    """Return the width and height a file gives, None where they are no size."""
    width, height = image.width or nan, image.height or nan
    return (int(width), int(height)) if isfinite(width) and isfinite(height) else None


def _plain(key: Id) -> Id:
    """Return an id such that ``1`` and ``"1"`` are one."""
    is_number = isinstance(key, str) and key.isascii() and key.isdigit()
    return int(key) if is_number and len(str(key)) <= _MOST_DIGITS else key


def write_coco(folder: Path, splits: Splits, classes: Sequence[str]) -> None:
    """Write ``annotations/instances_<split>.json`` for images in the folder's ``images``."""
    (folder / "annotations").mkdir(exist_ok=True)
    everything = sorted(image.name for images in splits.values() for image in images)
    id_of = {name: number for number, name in enumerate(everything, 1)}
    numbers = count(1)
    for split, images in splits.items():
        document = {
            "images": [
                {
                    "id": id_of[i.name],
                    "file_name": i.name,
                    "width": i.width_px,
                    "height": i.height_px,
                }
                for i in images
            ],
            "annotations": [
                {"id": next(numbers), "image_id": id_of[image.name], **box}
                for image in images
                for box in _boxes(image.annotations)
            ],
            "categories": [{"id": n, "name": name} for n, name in enumerate(classes, 1)],
        }
        name = f"instances_{split}.json" if split else "instances.json"
        (folder / "annotations" / name).write_bytes(msgspec.json.encode(document))


def _boxes(truth: Annotations) -> Iterator[dict[str, object]]:
    crowd = truth.ignore.astype(int)
    columns = truth.labels + 1, xyxy_to_xywh(truth.boxes), area(truth.boxes), crowd
    for row in zip(*(column.tolist() for column in columns), strict=True):
        yield dict(zip(("category_id", "bbox", "area", "iscrowd"), row, strict=True))
