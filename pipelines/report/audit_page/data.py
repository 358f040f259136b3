"""What the page of an audit knows of each suspicion: what is said of it, its crop, all boxes near.

Boxes are x1, y1, x2, y2 in pixels of the whole image, to a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.annotations import Annotations, Dataset
from datasets.boxes import Boxes, as_boxes, intersection, iou
from pipelines.audit.correction import audited_image, checked_row
from pipelines.audit.suspicion import Audit, Suspicion
from pipelines.detections import Detections
from pipelines.report.run_page.crops import Crop
from pipelines.report.run_page.labels import suspected_boxes
from pipelines.report.suspicions import KINDS, suspicion_sentence

NEAR_IOU = 0.2  # with a box of the suspicion, for a detection to be shown
LEAST_SCORE = 0.02  # below, detectors see something everywhere
MOST_NEAR = 3  # detections of one contender, the best
MOST_LABELS = 60  # other labels in a crop

Found = Mapping[str, Mapping[str, Sequence[Detections]]]  # by contender, by split, of each image


def page_data(
    audit: Audit,
    shown: Sequence[Suspicion],
    dataset: Dataset,
    detections: Found,
    called: Mapping[str, str],
    crops: Sequence[Crop],
) -> dict[str, Any]:
    """Return what the page's script reads.

    Args:
        audit: whose suspicions are shown.
        shown: those in the page, the likeliest first.
        dataset: the set as it was audited.
        detections: by contender, by split, of each image; splits may be missing.
        called: what contenders are called, by name.
        crops: of each suspicion shown.

    Raises:
        UserError: an image or a label is not as it was when it was audited.
    """
    return {
        "split_sha256": audit.split_sha256,
        "schema_version": audit.schema_version,
        "classes": list(audit.classes),
        "kinds": KINDS,
        "contenders": [called.get(name, name) for name in audit.contenders],
        "suspicions": [
            _entry(each, audit, dataset, detections, crop)
            for each, crop in zip(shown, crops, strict=True)
        ],
    }


def _entry(
    each: Suspicion, audit: Audit, dataset: Dataset, detections: Found, crop: Crop
) -> dict[str, Any]:
    image = audited_image(dataset, each)
    row = checked_row(image.annotations, each)
    every = [detections.get(name, {}).get(each.split, ()) for name in audit.contenders]
    return {
        "id": each.id,
        "kind": each.kind,
        "sentence": suspicion_sentence(each, audit.classes),
        "file": each.file,
        "split": each.split,
        "probability": round(each.probability, 4),
        "labels": [label for label in (each.label, each.proposed) if label is not None],
        "label_box": _rounded(each.label_box),
        "label": each.label,
        "proposed_box": _rounded(each.proposed_box),
        "proposed": each.proposed,
        "scores": [_score(each.scores.get(name)) for name in audit.contenders],
        "crop": [crop.left, crop.top, crop.width, crop.height],
        "others": _others(image.annotations, row, crop),
        "seen": [_near(of_split[each.image], each) if of_split else [] for of_split in every],
    }


def _others(truth: Annotations, row: int | None, crop: Crop) -> list[list[float]]:
    """Return the boxes of the other labels that reach into a crop, with the label each."""
    ends = crop.left, crop.top, crop.left + crop.width, crop.top + crop.height
    inside = intersection(truth.boxes, as_boxes([ends]))[:, 0] > 0
    if row is not None:
        inside[row] = False
    rows = np.flatnonzero(inside)[:MOST_LABELS]
    return _rows(truth.boxes[rows], truth.labels[rows].tolist())


def _near(found: Detections, each: Suspicion) -> list[list[float]]:
    """Return one contender's best detections near a suspicion, with label and score each."""
    near = iou(found.boxes, suspected_boxes(each)).max(axis=1, initial=0.0) >= NEAR_IOU
    rows = np.flatnonzero(near & (found.scores >= LEAST_SCORE))[:MOST_NEAR]
    scores = found.scores[rows].round(4).tolist()
    return _rows(found.boxes[rows], found.labels[rows].tolist(), scores)


def _rows(boxes: Boxes, *columns: Sequence[float]) -> list[list[float]]:
    sides = boxes.round(1).tolist()
    return [[*side, *values] for side, *values in zip(sides, *columns, strict=True)]


def _rounded(box: Sequence[float] | None) -> list[float] | None:
    return None if box is None else [round(side, 1) for side in box]


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 4)
