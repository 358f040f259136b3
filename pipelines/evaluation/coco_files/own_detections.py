"""A run's own detections as rows of COCO's results, and read back, a part of the file at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from datasets.boxes import as_boxes, xyxy_to_xywh
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import CocoDetection, decoded
from pipelines.evaluation.coco_files.rows import Rows, as_detections
from pipelines.evaluation.pairs import Floats, Ints

PART_BYTES = 8 * 2**20  # of a file, decoded together


def detections_to_coco(detections: Sequence[Detections]) -> list[CocoDetection]:
    """Return COCO results of images in the order of their ids."""
    return [*detection_rows(detections)]


def detection_rows(detections: Iterable[Detections]) -> Iterator[CocoDetection]:
    """Yield COCO results of images in the order of their ids."""
    for image_id, found in enumerate(detections, 1):
        columns = xyxy_to_xywh(found.boxes), found.scores, found.labels + 1
        for box, score, category in zip(*(each.tolist() for each in columns), strict=True):
            yield CocoDetection(image_id, category, tuple(box), score)


def decode_detections(data: bytes, images: int) -> list[Detections]:
    """Return what `detections_to_coco` was given, for that many images, from the file's JSON.

    Raises:
        ValueError: it is no file of results, or a row is of an image that is not there.
    """
    columns = [_columns([])]
    for part in _in_parts(data):
        rows = decoded(part, list[CocoDetection])
        for row in rows:
            if not (isinstance(row.image_id, int) and 1 <= row.image_id <= images):
                raise ValueError(f"image_id {row.image_id}: there are only {images} images")
        columns.append(_columns(rows))
    image, label, bbox, score = map(np.concatenate, zip(*columns, strict=True))
    return as_detections(Rows(image, label, bbox, score), images)


def _columns(rows: Sequence[CocoDetection]) -> tuple[Ints, Ints, Floats, Floats]:
    """Return image, label, box as written and score of each row."""
    return (
        np.array([row.image_id for row in rows], np.int64) - 1,
        np.array([int(row.category_id) - 1 for row in rows], np.int64),
        as_boxes([row.bbox for row in rows]),
        np.array([row.score for row in rows], np.float64),
    )


def _in_parts(data: bytes) -> Iterator[bytes]:
    """Yield a list of objects as lists of some of them, where one begins on a line of its own.

    Decoded rows take five times as much as their columns, so only a part is there as rows.
    """
    end, opening = 0, b""
    while (next_end := data.find(b"},\n", end + PART_BYTES)) >= 0:
        yield opening + data[end : next_end + 1] + b"]"
        end, opening = next_end + 2, b"["
    yield opening + data[end:]
