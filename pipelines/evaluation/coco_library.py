"""COCO's precision and recall as its field computes them: by faster-coco-eval.

It equals pycocotools to the last digit. It tells nobody which detection found which object, so
what asks for that (resampling, error types, pictures) goes by `matching`, held to these figures.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import xyxy_to_xywh
from pipelines.evaluation.pairs import Floats, Found, Objects

ALL_SIZES = 0  # places along the axis of sizes: all, small, medium, large
MOST = 2  # place along the axis of detections an image: 1, 10, all that count


def coco_averages(
    objects: Objects, found: Found, images: int, classes: int, max_detections: int
) -> tuple[Floats, Floats]:
    """Return interpolated precision and recall at COCO's ten IoUs, nan without ground truth.

    Args:
        objects: the ground truth.
        found: the detections.
        images: how many there are.
        classes: number of classes C.
        max_detections: how many of an image's detections of one class count.

    Returns:
        ``(10, 101, C, 4, 3)`` precision at the recalls 0, .01 … 1 and ``(10, C, 4, 3)`` recall,
        by size of object and by detections an image.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
        truth = COCO(_ground_truth(objects, images, classes))
        evaluation = COCOeval_faster(truth, truth.loadRes(_results(found)), "bbox")
        evaluation.params.maxDets = [1, 10, max_detections]
        evaluation.evaluate()
        evaluation.accumulate()
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    return _nan_for_none(precision), _nan_for_none(recall)


def _nan_for_none(values: NDArray[np.float64]) -> Floats:
    return np.where(values < 0, np.nan, values)  # COCO writes -1 for "no ground truth"


def _ground_truth(objects: Objects, images: int, classes: int) -> dict[str, Any]:
    boxes = xyxy_to_xywh(objects.boxes).tolist()
    columns = (objects.image, objects.label, objects.area, objects.ignore)
    rows = zip(boxes, *(column.tolist() for column in columns), strict=True)
    return {
        "info": {},
        "images": [{"id": number} for number in range(images)],
        "categories": [{"id": number, "name": str(number)} for number in range(classes)],
        "annotations": [
            {
                "id": number,
                "image_id": image,
                "category_id": label,
                "bbox": box,
                "area": size,
                "iscrowd": int(ignore),
            }
            for number, (box, image, label, size, ignore) in enumerate(rows, 1)
        ],
    }


def _results(found: Found) -> list[dict[str, Any]]:
    boxes = xyxy_to_xywh(found.boxes).tolist()
    columns = (found.image, found.label, found.score)
    return [
        {"image_id": image, "category_id": label, "bbox": box, "score": value}
        for box, image, label, value in zip(boxes, *(c.tolist() for c in columns), strict=True)
    ]
