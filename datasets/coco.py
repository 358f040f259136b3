"""COCO JSON: images, categories and boxes as left, top, width, height (Lin et al., 2014).

One file for all, one a split (``annotations/instances_train2017.json`` beside ``train2017/``) or
one in each split's folder (``_annotations.coco.json``). Of outlines and masks that have no box the
box around each is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import count
from math import isfinite, nan
from pathlib import Path

import msgspec
import numpy as np

from datasets.annotations import Annotations, DatasetError, Splits
from datasets.box_readings import SIZED
from datasets.boxes import area, xyxy_to_xywh
from datasets.coco_ids import Id, name_of, names_by_id, plain_id
from datasets.coco_json import (
    CocoCategory,
    CocoFile,
    CocoImage,
    boxes_around_outlines,
    coco_files,
    document_of,
    like_coco,
)
from datasets.coco_objects import CocoObjects, counted, looked_up
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawBoxes, RawImage, RawSet
from datasets.shifted_ids import shifted
from datasets.split_names import split_of_file

_UNLISTED, _LEFT_OUT = -1, -2  # in place of an image's index


def read_coco(files: Files, track: Track) -> RawSet:
    """Read every COCO file of boxes.

    Raises:
        DatasetError: a file has another shape, or none of its images is there.
    """
    raw = RawSet("coco", counts_in="annotation", reading=SIZED)
    names = coco_files(files)
    if not names:
        raise DatasetError(
            f"{files.root}: has no JSON file with images, annotations and categories, as COCO's"
        )
    if passed_over := sorted({*like_coco(files)} - {*names}):
        text = f"not read, as the boxes are in {names[0]}: {', '.join(passed_over)}"
        raw.add_problem(Kind.FORMAT, "", text)
    for name in track(names, "reading annotations", len(names)):
        try:
            document = document_of(files.root / name)
        except ValueError as error:
            raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; left out")
            continue
        _read_document(files, raw, name, document)
    raw.require(raw.images, files.without_images(names))
    raw.summary = f"COCO JSON: {', '.join(names)}"
    return raw


def _read_document(files: Files, raw: RawSet, source: str, document: CocoFile) -> None:
    try:
        named = names_by_id((c.id, c.name) for c in document.categories)
    except ValueError as error:
        raise DatasetError(f"{files.root / source}: {error}") from error
    names = dict[Id | None, str](named.items())
    objects = document.objects
    used = counted(objects.category)
    _refuse_shifted(files.root / source, used, names)
    corners, has_box = objects.corners, objects.has_box
    if outlines := _outlines(files.root / source, objects):
        text = f"{len(outlines)} objects are outlines without a bbox; the box around each is taken"
        raw.add_problem(Kind.POLYGON, source, text)
        places = [*outlines]
        corners[places], has_box[places] = [*outlines.values()], True
    for category in _classes(document, used):
        raw.add_class(name_of(category.name))
    indices = _images(files, raw, source, document.images)
    image = looked_up(objects.image, lambda key: _index(indices, key))
    class_name = looked_up(
        objects.category, lambda key: raw.add_class(names[key]) if key in names else -1
    )
    sound = has_box & (class_name >= 0)
    for row in np.flatnonzero((image == _UNLISTED) | ((image >= 0) & ~sound)):
        image_id, class_id = plain_id(objects.image[row]), plain_id(objects.category[row])
        kind, text = Kind.NOT_A_BOX, "has no bbox of four numbers"
        if image[row] == _UNLISTED:
            kind = Kind.NO_IMAGE
            text = f"is of image {_shown(image_id)}, which the file does not list"
        elif class_name[row] < 0:
            text = f"category {_shown(class_id)} is not in the file"
        raw.add_problem(kind, source, f"{text}; left out", int(objects.line[row]))
    found = RawBoxes(image, corners, class_name, objects.ignore, objects.line)
    raw.add_boxes(found.at((image >= 0) & sound))


def _index(indices: Mapping[Id | None, int | None], key: Id | None) -> int:
    """Return the index of the image of that id, or what there is instead."""
    index = indices.get(key, _UNLISTED)
    return _LEFT_OUT if index is None else index


def _images(
    files: Files, raw: RawSet, source: str, images: Sequence[CocoImage]
) -> dict[Id | None, int | None]:
    """Add the images and return their indices by id, None where boxes are to be left out."""
    split = split_of_file(source)
    named = _named(raw, source, images)
    shared = _shared_ids(named)
    indices: dict[Id | None, int | None] = {}
    for key, written, image in named:
        name = files.image(written, source, split)
        if key in shared:
            if key not in indices:
                both = " and ".join(list(shared[key])[:3])
                text = f"{both} have one id {key}: whose boxes are whose can't be known; left out"
                raw.add_problem(Kind.TWICE, source, text)
            raw.left_out.update([name] if name else [])
            indices[key] = None
        elif key not in indices:
            indices[key] = None
            if name:
                indices[key] = raw.add_image(RawImage(name, split, source, _size(image)))
            else:
                raw.add_problem(Kind.NO_IMAGE, source, f"no image called {written}; left out")
    return indices


def _named(
    raw: RawSet, source: str, images: Sequence[CocoImage]
) -> list[tuple[Id, str, CocoImage]]:
    """Return id, name and the rest of each image; those without id or name are noted."""
    named = []
    for image in images:
        if image.id is None or image.file_name is None:
            lacks = "id" if image.id is None else "file_name"
            text = f"image {image.file_name if image.id is None else image.id} has no {lacks}"
            raw.add_problem(Kind.NO_IMAGE, source, f"{text}; left out")
        else:
            named.append((plain_id(image.id), str(image.file_name), image))
    return named


def _shared_ids(named: Sequence[tuple[Id, str, CocoImage]]) -> dict[Id, dict[str, None]]:
    """Return the names of each id that several have."""
    firsts: dict[Id, str] = {}
    shared: dict[Id, dict[str, None]] = {}
    for key, written, _ in named:
        if (first := firsts.setdefault(key, written)) != written:
            shared.setdefault(key, {first: None})[written] = None
    return shared


def _outlines(path: Path, objects: CocoObjects) -> Mapping[int, Corners]:
    """Return the box around each outline that has no other, by its place in the file."""
    wanted = np.flatnonzero(~objects.has_box).tolist()
    return boxes_around_outlines(path, wanted) if wanted else {}


def _refuse_shifted(path: Path, used: Counter[Id | None], names: Mapping[Id | None, str]) -> None:
    """Refuse a file whose annotations count the categories from another number than its list.

    Raises:
        DatasetError: it is one, so that the classes of all its objects are others' too.
    """
    given = Counter({key: number for key, number in used.items() if key is not None})
    if step := shifted(given, names):
        strange = sum(number for key, number in given.items() if key not in names)
        raise DatasetError(
            f"{path}: {strange} annotations are of a category that is not listed, and none would "
            f"be if their ids were {abs(step)} {'higher' if step > 0 else 'lower'}: ids seem to be "
            "counted from different numbers, so every class may be another; give both the same ids"
        )


def _shown(key: Id | None) -> str:
    return "null" if key is None else str(key)


def _classes(document: CocoFile, used: Container[Id | None]) -> list[CocoCategory]:
    """Return the categories without those that are only there as the group of others.

    Some tools export the project's name as a category, above all others and without a box.
    """
    groups = {c.supercategory for c in document.categories if c.supercategory != c.name}
    return [c for c in document.categories if plain_id(c.id) in used or c.name not in groups]


def _size(image: CocoImage) -> tuple[int, int] | None:
    """Return the width and height a file gives, None where they are no size."""
    width, height = image.width or nan, image.height or nan
    return (int(width), int(height)) if isfinite(width) and isfinite(height) else None


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
