"""Ground truth and detections in COCO's JSON format, for any other tool to score again.

Image ids count from 1 in the order given, category ids from 1 in label order. Boxes are left, top,
width, height in pixels as float64, written without rounding: the numbers a file gives are the very
numbers that were scored. Lin et al., "Microsoft COCO: Common Objects in Context", 2014.

The types hold other tools' files too, whose ids may be any, also names.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

import msgspec
import numpy as np

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, area, as_boxes, xywh_to_xyxy, xyxy_to_xywh
from datasets.coco_ids import Id, names_by_id, plain_id
from datasets.errors import UserError
from pipelines.evaluation.pairs import Floats

T = TypeVar("T")


class CocoImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image; its name, size in pixels and `LabelledImage.group` where they are known."""

    id: Id
    file_name: str = ""
    width: int | float | None = None
    height: int | float | None = None
    group: str = ""


class CocoCategory(msgspec.Struct, frozen=True):
    """A class; its name may be a number in other tools' files (`name_of`)."""

    id: Id
    name: str | int | float | bool | None


class CocoAnnotation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An object; its area in square pixels is that of its outline where it has one.

    What other tools leave out or write as null is read, and judged by `ground_truth_file`.
    """

    id: Id | None = -1
    image_id: Id | None = None
    category_id: Id | None = None
    bbox: tuple[float, ...] | None = None
    area: float | None = None
    iscrowd: int | float | bool | None = 0
    ignore: int | float | bool | None = 0


class CocoGroundTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A file of ground truth."""

    info: Any = None
    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    categories: list[CocoCategory]


class CocoDetection(msgspec.Struct, frozen=True, gc=False):
    """A row of a file of results."""

    image_id: Id
    category_id: Id
    bbox: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, eq=False)
class GroundTruthFile:
    """A COCO ground truth as the evaluator wants it, image by image in the order of the file.

    Attributes:
        image_ids: of the file.
        image_names: each image's ``file_name``, empty where the file has none.
        groups: see `LabelledImage`; empty where the file says nothing of it.
        sizes: ``(I, 2)`` width and height in pixels, nan where unknown.
        category_ids: of the file, sorted; their places are the labels, ``classes`` their names.
        annotations: *ignore* where ``iscrowd``, as pycocotools has it.
        areas: of the objects in square pixels, of their outlines where the file has it so.
        notes: what was left out of the file, a sentence a kind.
    """

    image_ids: tuple[Id, ...]
    image_names: tuple[str, ...]
    groups: tuple[str, ...]
    sizes: Floats
    category_ids: tuple[Id, ...]
    classes: tuple[str, ...]
    annotations: tuple[Annotations, ...]
    areas: tuple[Floats, ...]
    notes: tuple[str, ...] = ()


def ground_truth_to_coco(
    annotations: Sequence[Annotations], classes: Sequence[str]
) -> CocoGroundTruth:
    """Return a COCO ground truth; *ignore* becomes ``iscrowd``, which COCO's scoring knows.

    Args:
        annotations: of each image, in the order of the ids they get.
        classes: names in label order.
    """
    rows: list[CocoAnnotation] = []
    for image_id, truth in enumerate(annotations, 1):
        columns = (xyxy_to_xywh(truth.boxes), truth.labels + 1, area(truth.boxes), truth.ignore * 1)
        for box, category, size, ignore in zip(*(each.tolist() for each in columns), strict=True):
            row = CocoAnnotation(
                id=len(rows) + 1,
                image_id=image_id,
                category_id=category,
                bbox=tuple(box),
                area=size,
                iscrowd=ignore,
                ignore=ignore,
            )
            rows.append(row)
    return CocoGroundTruth(
        info={"description": "ground truth"},
        images=[CocoImage(number) for number in range(1, len(annotations) + 1)],
        annotations=rows,
        categories=[CocoCategory(number, name) for number, name in enumerate(classes, 1)],
    )


def with_files(coco: CocoGroundTruth, images: Sequence[LabelledImage]) -> CocoGroundTruth:
    """Return a ground truth whose images have their names and sizes in pixels."""
    named = [
        CocoImage(n, im.name, im.width_px, im.height_px, im.group) for n, im in enumerate(images, 1)
    ]
    return msgspec.structs.replace(coco, images=named)


def part_of(coco: CocoGroundTruth, places: Sequence[int]) -> CocoGroundTruth:
    """Return the ground truth of some of the images, by their places, in that order."""
    images = [coco.images[place] for place in places]
    kept = {plain_id(image.id) for image in images}
    rows = [row for row in coco.annotations if plain_id(row.image_id) in kept]
    return msgspec.structs.replace(coco, images=images, annotations=rows)


def ground_truth_file(coco: CocoGroundTruth, name: str) -> GroundTruthFile:
    """Return a COCO ground truth; ``name`` is what errors call it.

    Raises:
        UserError: it is not sound.
    """
    try:
        names = names_by_id((category.id, category.name) for category in coco.categories)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error
    category_ids = tuple(sorted(names, key=lambda each: (isinstance(each, str), each)))
    label: dict[Id | None, int] = {category: n for n, category in enumerate(category_ids)}
    by_image: dict[Id | None, list[CocoAnnotation]] = {plain_id(im.id): [] for im in coco.images}
    if len(by_image) != len(coco.images):
        raise UserError(f"{name}: two images have one id; give each its own")
    left_out: dict[str, list[Id | None]] = {}
    for row in coco.annotations:
        if why := _wrong(row, by_image, label):
            left_out.setdefault(why, []).append(row.id)
        else:
            by_image[plain_id(row.image_id)].append(row)
    if coco.annotations and not any(by_image.values()):
        raise UserError(f"{name}: no annotation can be used; the first {next(iter(left_out))}")
    return GroundTruthFile(
        image_ids=tuple(plain_id(image.id) for image in coco.images),
        image_names=tuple(image.file_name for image in coco.images),
        groups=tuple(image.group for image in coco.images),
        sizes=np.array([(im.width, im.height) for im in coco.images], np.float64).reshape(-1, 2),
        category_ids=category_ids,
        classes=tuple(names[category] for category in category_ids),
        annotations=tuple(
            Annotations(
                _boxes(rows),
                [label[plain_id(row.category_id)] for row in rows],
                [bool(row.iscrowd) for row in rows],
            )
            for rows in by_image.values()
        ),
        areas=tuple(np.array([_area(row) for row in rows]) for rows in by_image.values()),
        notes=tuple(
            f"{name}: left out {len(ids)} annotation{'s' * (len(ids) > 1)}, as {ids[0]}, "
            f"{'each of which' if len(ids) > 1 else 'which'} {why}"
            for why, ids in left_out.items()
        ),
    )


def _wrong(
    row: CocoAnnotation, images: Container[Id | None], categories: Container[Id | None]
) -> str:
    """Return why an annotation can't be judged by, empty if it can."""
    if plain_id(row.image_id) not in images:
        return "is of an image that is not listed"
    if plain_id(row.category_id) not in categories:
        return "is of a category that is not listed"
    if row.bbox is None or len(row.bbox) != 4 or not all(map(isfinite, row.bbox)):
        return "has no bbox of four numbers"
    return "has a bbox of negative width or height" if min(row.bbox[2:]) < 0 else ""


def decode_ground_truth(data: bytes) -> CocoGroundTruth:
    """Return a ground truth file.

    Raises:
        ValueError: it is none.
    """
    return decoded(data, CocoGroundTruth)


def _boxes(rows: Sequence[CocoAnnotation]) -> Boxes:
    return xywh_to_xyxy(as_boxes([row.bbox or () for row in rows]))


def decoded(data: bytes, kind: type[T]) -> T:
    """Return what a file has.

    Raises:
        ValueError: it is of another shape.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _area(row: CocoAnnotation) -> float:
    if row.area is not None or row.bbox is None:
        return row.area or 0.0
    return row.bbox[2] * row.bbox[3]
