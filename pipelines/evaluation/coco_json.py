"""Ground truth and detections in COCO's JSON format, for any other tool to score again.

Image ids count from 1 in the order given, category ids from 1 in label order. Boxes are left, top,
width, height in pixels as float64, written without rounding: the numbers a file gives are the very
numbers that were scored. Lin et al., "Microsoft COCO: Common Objects in Context", 2014.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.annotations import Annotations, LabelledImage
from datasets.boxes import Boxes, area, as_boxes, xywh_to_xyxy, xyxy_to_xywh
from pipelines.detections import Detections


def ground_truth_to_coco(
    annotations: Sequence[Annotations], classes: Sequence[str]
) -> dict[str, Any]:
    """Return a COCO ground truth; *ignore* becomes ``iscrowd``, which COCO's scoring knows.

    Args:
        annotations: of each image, in the order of the ids they get.
        classes: names in label order.
    """
    rows: list[dict[str, Any]] = []
    for image_id, truth in enumerate(annotations, 1):
        sizes = area(truth.boxes)
        for place, box in enumerate(xyxy_to_xywh(truth.boxes)):
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": image_id,
                    "category_id": int(truth.labels[place]) + 1,
                    "bbox": [float(value) for value in box],
                    "area": float(sizes[place]),
                    "iscrowd": int(truth.ignore[place]),
                    "ignore": int(truth.ignore[place]),
                }
            )
    return {
        "info": {"description": "ground truth"},
        "images": [{"id": number} for number in range(1, len(annotations) + 1)],
        "annotations": rows,
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes, 1)],
    }


def with_files(coco: dict[str, Any], images: Sequence[LabelledImage]) -> dict[str, Any]:
    """Return a ground truth whose images have their names and sizes in pixels."""
    entries = [
        {"id": number, "file_name": im.name, "width": im.width_px, "height": im.height_px}
        for number, im in enumerate(images, 1)
    ]
    return {**coco, "images": entries}


def ground_truth_from_coco(coco: Mapping[str, Any]) -> list[Annotations]:
    """Return what `ground_truth_to_coco` was given, an image each in the order they are listed."""
    by_image: dict[int, list[Mapping[str, Any]]] = {image["id"]: [] for image in coco["images"]}
    label = {category["id"]: place for place, category in enumerate(coco["categories"])}
    for row in coco["annotations"]:
        by_image[row["image_id"]].append(row)
    return [
        Annotations(
            _boxes(rows),
            [label[row["category_id"]] for row in rows],
            [bool(row.get("iscrowd") or row.get("ignore")) for row in rows],
        )
        for rows in by_image.values()
    ]


def detections_to_coco(detections: Sequence[Detections]) -> list[dict[str, Any]]:
    """Return COCO results of images in the order of their ids."""
    return [
        {
            "image_id": image_id,
            "category_id": int(label) + 1,
            "bbox": [float(value) for value in box],
            "score": float(score),
        }
        for image_id, found in enumerate(detections, 1)
        for box, score, label in zip(
            xyxy_to_xywh(found.boxes), found.scores, found.labels, strict=True
        )
    ]


def detections_from_coco(rows: Sequence[Mapping[str, Any]], images: int) -> list[Detections]:
    """Return what `detections_to_coco` was given, for that many images.

    Raises:
        IndexError: a row names an image beyond them.
    """
    by_image: list[list[Mapping[str, Any]]] = [[] for _ in range(images)]
    for row in rows:
        if not 1 <= row["image_id"] <= images:
            raise IndexError(f"image_id {row['image_id']}: there are only {images} images")
        by_image[row["image_id"] - 1].append(row)
    return [
        Detections(
            _boxes(found),
            [row["score"] for row in found],
            [row["category_id"] - 1 for row in found],
        )
        for found in by_image
    ]


def _boxes(rows: Sequence[Mapping[str, Any]]) -> Boxes:
    return xywh_to_xyxy(as_boxes([row["bbox"] for row in rows]))
