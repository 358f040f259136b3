"""Other tools' results: COCO-format files read, checked and put beside our own ground truth.

A file whose image ids, classes or boxes mean something else than the ground truth's would score
almost nothing and look like a bad detector. So what can be seen to be wrong is reported instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from datasets.boxes import Boxes, as_boxes
from datasets.coco_ids import Id, name_of, plain_id
from datasets.coco_json import MOST_JSON_BYTES, boxes_around_outlines
from datasets.encodings import as_utf8
from datasets.errors import UserError
from datasets.regular_files import content
from pipelines.evaluation.coco_files.format import (
    CocoCategory,
    CocoDetection,
    CocoGroundTruth,
    CocoImage,
    GroundTruthFile,
    ground_truth_file,
)
from pipelines.evaluation.coco_files.image_ids import places, with_images
from pipelines.evaluation.coco_files.rows import Rows

_NOT_FINITE = re.compile(rb"NaN|-?Infinity")


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
    coco: CocoGroundTruth = _decoded(path, CocoGroundTruth, wanted)
    without = [place for place, row in enumerate(coco.annotations) if not row.bbox]
    around = boxes_around_outlines(path, without) if without else {}
    for place, (x1, y1, x2, y2) in around.items():
        box = x1, y1, x2 - x1, y2 - y1
        coco.annotations[place] = msgspec.structs.replace(coco.annotations[place], bbox=box)
    truth = ground_truth_file(coco, str(path))
    note = f"{len(around)} objects are outlines without a bbox; the box around each is taken"
    return replace(truth, notes=(f"{path}: {note}", *truth.notes)) if around else truth


def read_rows(path: Path, truth: GroundTruthFile) -> Rows:
    """Return a results file's rows, with its images and categories found in the ground truth.

    The file is COCO's list of results, or an object with ``annotations`` (the results),
    ``categories`` and ``images``: then classes are known by name and images by file name. An
    ``image_id`` may also be an image's file name, with or without folder and suffix, or the number
    in it (`with_images`), and a ``category_id`` a class's name.

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
    labels = _category_places(path, truth, document.categories)
    categories = [plain_id(row.category_id) for row in rows]
    called: dict[Id, int] = {name: label for label, name in enumerate(truth.classes)}
    if not labels.keys() >= {*categories} and called.keys() >= {row.category_id for row in rows}:
        labels, categories = called, [row.category_id for row in rows]  # by their names
    notes = tuple(_notes(path, bbox))
    known = places(path, "category", categories, labels)
    found = Rows(np.zeros(len(rows), np.int64), known, bbox, score, notes)
    return with_images(path, found, [row.image_id for row in rows], document.images, truth)


def _notes(path: Path, bbox: Boxes) -> Iterator[str]:
    """Yield what is to be said of boxes that are scored, but meet nothing."""
    rows = np.flatnonzero((bbox[:, 2:] < 0).any(axis=1))
    if len(rows):
        others = f" and {len(rows) - 1} others" if len(rows) > 1 else ""
        yield (
            f"{path}: row {rows[0]}{others} of {len(bbox)} has a bbox of negative width or height, "
            "which meets no object; rows count from 0"
        )


def _decoded(path: Path, kind: Any, wanted: str) -> Any:
    """Return a JSON file as that type; numbers in quotes are numbers too."""
    data = b""
    try:
        data = as_utf8(content(path, MOST_JSON_BYTES))
        return msgspec.json.decode(data, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: is no COCO {wanted} ({error})") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        endless = _NOT_FINITE.search(data)
        reason = f"{endless[0].decode()} is not a finite number" if endless else error
        raise UserError(f"{path}: can't be read as JSON ({reason})") from error


def _category_places(
    path: Path, truth: GroundTruthFile, listed: Sequence[CocoCategory] | None
) -> dict[Id, int]:
    """Return the label of each category, by its name where the file has names."""
    if listed is None:
        return {category: label for label, category in enumerate(truth.category_ids)}
    known = {name: label for label, name in enumerate(truth.classes)}
    strange = sorted({name_of(category.name) for category in listed} - set(known))
    if strange:
        raise UserError(
            f"{path}: has a class {strange[0]!r} that the ground truth has not; its classes are "
            f"{', '.join(truth.classes)}"
        )
    return {plain_id(category.id): known[name_of(category.name)] for category in listed}
