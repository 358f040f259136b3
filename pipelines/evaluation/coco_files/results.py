"""Other tools' results: COCO-format files read, checked and put beside our own ground truth.

A file whose image ids, classes or boxes mean something else than the ground truth's would score
almost nothing and look like a bad detector. So what can be seen to be wrong is reported instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from datasets.boxes import as_boxes, xywh_to_xyxy
from datasets.coco import MOST_JSON_BYTES
from datasets.errors import UserError
from datasets.regular_files import content
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    CocoCategory,
    CocoDetection,
    CocoGroundTruth,
    CocoImage,
    GroundTruthFile,
    Id,
    ground_truth_file,
)
from pipelines.evaluation.pairs import Bools, Floats, Ints

_NOT_FINITE = re.compile(rb"NaN|-?Infinity")


@dataclass(frozen=True, eq=False)
class Rows:
    """A results file, row by row: place of the image, label, left, top, third, fourth, score."""

    image: Ints
    label: Ints
    bbox: Floats
    score: Floats

    def where(self, keep: Bools) -> Rows:
        """Return some of the rows."""
        return Rows(*(column[keep] for column in vars(self).values()))


class _ResultsFile(msgspec.Struct, frozen=True):
    annotations: list[CocoDetection] | None = None
    detections: list[CocoDetection] | None = None
    categories: list[CocoCategory] | None = None
    images: list[CocoImage] | None = None


_RESULTS = _ResultsFile | list[CocoDetection]


def read_ground_truth(path: Path) -> GroundTruthFile:
    """Return a COCO ground truth file.

    Raises:
        UserError: it can't be read, or is not one.
    """
    wanted = "ground truth; it must have images, annotations and categories"
    return ground_truth_file(_decoded(path, CocoGroundTruth, wanted), str(path))


def read_rows(path: Path, truth: GroundTruthFile) -> Rows:
    """Return a results file's rows, with its images and categories found in the ground truth.

    The file is COCO's list of results, or an object with ``annotations`` (the results),
    ``categories`` and ``images``: then classes are known by name and images by file name. An
    ``image_id`` may also be an image's file name, with or without folder and suffix.

    Raises:
        UserError: it can't be read, or means other images or classes.
    """
    wanted = "result; it must be a list of image_id, category_id, bbox and score"
    document: _ResultsFile | list[CocoDetection] = _decoded(path, _RESULTS, wanted)
    if isinstance(document, list):
        document = _ResultsFile(annotations=document)
    rows = document.detections if document.annotations is None else document.annotations
    if rows is None:
        raise UserError(f"{path}: is no COCO {wanted}")
    bbox = as_boxes([row.bbox for row in rows])
    score = np.array([row.score for row in rows], dtype=np.float64)
    sound = np.isfinite(bbox).all(axis=1) & np.isfinite(score)
    if not sound.all():
        raise UserError(f"{path}: row {int(np.argmin(sound))} has no finite number")
    images = _image_places(truth, document.images)
    labels = _category_places(path, truth, document.categories)
    return Rows(
        _places(path, "image", [row.image_id for row in rows], images),
        _places(path, "category", [row.category_id for row in rows], labels),
        bbox,
        score,
    )


def as_detections(rows: Rows, images: int) -> list[Detections]:
    """Return the detections of each image, boxes read as left, top, width, height."""
    order = np.argsort(rows.image, kind="stable")
    edges = np.searchsorted(rows.image[order], np.arange(images + 1))
    boxes = xywh_to_xyxy(rows.bbox)
    return [
        Detections(boxes[here], rows.score[here], rows.label[here])
        for here in (order[a:b] for a, b in pairwise(edges.tolist()))
    ]


def _decoded(path: Path, kind: Any, wanted: str) -> Any:
    """Return a JSON file as that type; numbers in quotes are numbers too."""
    data = b""
    try:
        data = content(path, MOST_JSON_BYTES)
        return msgspec.json.decode(data, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: is no COCO {wanted} ({error})") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        endless = _NOT_FINITE.search(data)
        reason = f"{endless[0].decode()} is not a finite number" if endless else error
        raise UserError(f"{path}: can't be read as JSON ({reason})") from error


def _image_places(truth: GroundTruthFile, listed: Sequence[CocoImage] | None) -> dict[Id, int]:
    """Return the place of each image by all that a file may call it."""
    names = truth.image_names
    parts = [{name, PurePosixPath(name).name, PurePosixPath(name).stem} - {""} for name in names]
    count = Counter(called for some in parts for called in some)  # two images may have one name
    places: dict[Id, int] = {
        called: n for n, some in enumerate(parts) for called in some if count[called] == 1
    }
    if len({*names} - {""}) == len(names):  # then a whole name is no other's last part
        places |= {name: n for n, name in enumerate(names)}
    if listed is not None and all(image.file_name in places for image in listed):
        return {image.id: places[image.file_name] for image in listed}
    return places | {image_id: number for number, image_id in enumerate(truth.image_ids)}


def _category_places(
    path: Path, truth: GroundTruthFile, listed: Sequence[CocoCategory] | None
) -> dict[Id, int]:
    """Return the label of each category, by its name where the file has names."""
    if listed is None:
        return {category: label for label, category in enumerate(truth.category_ids)}
    known = {name: label for label, name in enumerate(truth.classes)}
    strange = sorted({category.name for category in listed} - set(known))
    if strange:
        raise UserError(
            f"{path}: has a class {strange[0]!r} that the ground truth has not; its classes are "
            f"{', '.join(truth.classes)}"
        )
    return {category.id: known[category.name] for category in listed}


def _places(path: Path, kind: str, ids: Sequence[Id], known: Mapping[Id, int]) -> Ints:
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
