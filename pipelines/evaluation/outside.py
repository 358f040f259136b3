"""Other tools' results: COCO-format files read, checked and put beside our own ground truth.

A file whose image ids, classes or boxes mean something else than the ground truth's would score
almost nothing and look like a bad detector. So what can be seen to be wrong is said instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.annotations import Annotations
from datasets.boxes import as_boxes, xywh_to_xyxy
from datasets.errors import UserError
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats


@dataclass(frozen=True, eq=False)
class GroundTruthFile:
    """A COCO ground truth as the evaluator wants it.

    Attributes:
        image_ids: of the file, in its order.
        image_names: each image's ``file_name``, empty where the file has none.
        sizes: ``(I, 2)`` width and height in pixels, nan where unknown.
        category_ids: of the file, sorted; their places are the labels.
        classes: their names.
        annotations: of each image; *ignore* where ``iscrowd``, as pycocotools has it.
        areas: of each image's objects, square pixels: the file's ``area``, of the outline where
            there is one.
    """

    image_ids: tuple[Any, ...]
    image_names: tuple[str, ...]
    sizes: Floats
    category_ids: tuple[Any, ...]
    classes: tuple[str, ...]
    annotations: tuple[Annotations, ...]
    areas: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Rows:
    """A results file, row by row: place of the image, label, left, top, third, fourth, score."""

    image: np.ndarray[Any, np.dtype[np.int64]]
    label: np.ndarray[Any, np.dtype[np.int64]]
    bbox: Floats
    score: Floats


def read_ground_truth(path: Path) -> GroundTruthFile:
    """Return a COCO ground truth file.

    Raises:
        UserError: it can't be read, or is not one.
    """
    return ground_truth_file(_json(path), str(path))


def ground_truth_file(coco: Any, name: str) -> GroundTruthFile:
    """Return a COCO ground truth; ``name`` is what errors call it.

    Raises:
        UserError: it is not one.
    """
    if not isinstance(coco, Mapping) or not {"images", "annotations", "categories"} <= set(coco):
        raise UserError(
            f"{name}: is no COCO ground truth; it must have images, annotations and categories"
        )
    try:
        images = [(image["id"], str(image.get("file_name", ""))) for image in coco["images"]]
        sizes = [(image.get("width"), image.get("height")) for image in coco["images"]]
        names = {row["id"]: str(row["name"]) for row in coco["categories"]}
        category_ids = tuple(sorted(names))
        place = {image_id: number for number, (image_id, _) in enumerate(images)}
        label = {category: number for number, category in enumerate(category_ids)}
        by_image: list[list[Mapping[str, Any]]] = [[] for _ in images]
        for row in coco["annotations"]:
            by_image[place[row["image_id"]]].append(row)
        annotations = tuple(_annotations(rows, label) for rows in by_image)
        areas = tuple(_areas(rows) for rows in by_image)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{name}: is no sound COCO ground truth ({type(error).__name__}: {error}); every "
            "annotation needs image_id and category_id that are listed, and a bbox"
        ) from error
    if len(place) != len(images):
        raise UserError(f"{name}: two images have one id; give each its own")
    return GroundTruthFile(
        image_ids=tuple(image_id for image_id, _ in images),
        image_names=tuple(file_name for _, file_name in images),
        sizes=np.array(sizes, dtype=np.float64).reshape(-1, 2),
        category_ids=category_ids,
        classes=tuple(names[category] for category in category_ids),
        annotations=annotations,
        areas=areas,
    )


def read_rows(path: Path, truth: GroundTruthFile) -> Rows:
    """Return a results file's rows, with its images and categories found in the ground truth.

    The file is COCO's list of results, or an object with ``annotations`` (the results),
    ``categories`` and ``images``: then classes are told by name and images by file name. An
    ``image_id`` may also be an image's file name, with or without folder and suffix.

    Raises:
        UserError: it can't be read, or means other images or classes.
    """
    said = _json(path)
    extra: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    rows = extra.get("annotations", extra.get("detections")) if extra else said
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise UserError(
            f"{path}: is no COCO result; it must be a list of image_id, category_id, bbox and score"
        )
    bbox, score = _numbers(path, rows)
    image = _places(
        path,
        "image",
        [row["image_id"] for row in rows],
        _image_places(path, truth, extra.get("images")),
    )
    label = _places(
        path,
        "category",
        [row["category_id"] for row in rows],
        _category_places(path, truth, extra.get("categories")),
    )
    return Rows(image, label, bbox, score)


def as_detections(rows: Rows, images: int) -> list[Detections]:
    """Return the detections of each image, boxes read as left, top, width, height."""
    order = np.argsort(rows.image, kind="stable")
    edges = np.searchsorted(rows.image[order], np.arange(images + 1))
    boxes = xywh_to_xyxy(as_boxes(rows.bbox))
    return [
        Detections(boxes[here], rows.score[here], rows.label[here])
        for here in (order[a:b] for a, b in pairwise(edges.tolist()))
    ]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read as JSON ({error})") from error


def _annotations(rows: Sequence[Mapping[str, Any]], label: Mapping[Any, int]) -> Annotations:
    boxes = as_boxes([row["bbox"] for row in rows])
    if not np.isfinite(boxes).all() or (boxes[:, 2:] < 0).any():
        raise ValueError("a bbox is not left, top, width, height in pixels")
    return Annotations(
        xywh_to_xyxy(boxes),
        [label[row["category_id"]] for row in rows],
        [bool(row.get("iscrowd", 0)) for row in rows],
    )


def _areas(rows: Sequence[Mapping[str, Any]]) -> Floats:
    sizes = [row.get("area", row["bbox"][2] * row["bbox"][3]) for row in rows]
    return np.array(sizes, dtype=np.float64)


def _numbers(path: Path, rows: Sequence[Any]) -> tuple[Floats, Floats]:
    """Return the ``(N, 4)`` bbox and ``(N,)`` scores."""
    wanted = {"image_id", "category_id", "bbox", "score"}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or not wanted <= set(row):
            raise UserError(
                f"{path}: row {number} has not all of image_id, category_id, bbox and score"
            )
    try:
        bbox = as_boxes([row["bbox"] for row in rows])
        score = np.array([row["score"] for row in rows], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path}: a bbox or score is not made of numbers") from error
    sound = np.isfinite(bbox).all(axis=1) & np.isfinite(score)
    if not sound.all():
        raise UserError(f"{path}: row {int(np.argmin(sound))} has a number that is none")
    return bbox, score


def _image_places(
    path: Path, truth: GroundTruthFile, listed: Sequence[Mapping[str, Any]] | None
) -> dict[Any, int]:
    """Return the place of each image by all that a file may call it."""
    places: dict[Any, int] = {}
    for number, name in enumerate(truth.image_names):
        for called in (name, PurePosixPath(name).name, PurePosixPath(name).stem):
            if called:
                places[called] = -1 if called in places else number  # of two images of one name
    whole = {name: number for number, name in enumerate(truth.image_names) if name}
    if len(whole) == len(truth.image_names):  # then a whole name is no other's last part
        places |= whole
    places = {called: number for called, number in places.items() if number >= 0}
    if listed is not None and all(row.get("file_name") in places for row in listed):
        return {row["id"]: places[row["file_name"]] for row in listed}
    return places | {image_id: number for number, image_id in enumerate(truth.image_ids)}


def _category_places(
    path: Path, truth: GroundTruthFile, listed: Sequence[Mapping[str, Any]] | None
) -> dict[Any, int]:
    """Return the label of each category, by its name where the file says names."""
    if listed is None:
        return {category: label for label, category in enumerate(truth.category_ids)}
    known = {name: label for label, name in enumerate(truth.classes)}
    strange = sorted({str(row.get("name")) for row in listed} - set(known))
    if strange:
        raise UserError(
            f"{path}: knows a class {strange[0]!r} that the ground truth has not; its classes are "
            f"{', '.join(truth.classes)}"
        )
    return {row["id"]: known[row["name"]] for row in listed}


def _places(
    path: Path, kind: str, ids: Sequence[Any], known: Mapping[Any, int]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the place of each row's id.

    Raises:
        UserError: the ground truth has no such id.
    """
    strange = sorted({str(each) for each in ids if each not in known})
    if strange:
        numbers = [each for each in known if isinstance(each, int)]
        hint = ""
        if numbers and "0" in strange and all(each + 1 in known for each in ids if each == 0):
            hint = f"; are they counted from 0? the ground truth's go from {min(numbers)}"
        raise UserError(
            f"{path}: {len(strange)} of its {kind} ids are not in the ground truth, as "
            f"{', '.join(strange[:3])}{hint}"
        )
    return np.array([known[each] for each in ids], dtype=np.int64)
