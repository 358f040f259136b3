"""How good detections are: COCO's mean average precision (Lin et al. 2014), by faster-coco-eval."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_json import detections_to_coco, ground_truth_to_coco

IOU_50, IOU_75 = 0, 5  # places in COCO's ten thresholds, .50 to .95


@dataclass(frozen=True)
class ClassQuality:
    """One class: AP over COCO's ten IoUs and at .50, nan without ground truth; objects counted."""

    ap_50_95: float
    ap_50: float
    ground_truth: int


@dataclass(frozen=True)
class Quality:
    """All classes: means over those with ground truth, nan where there is none at all.

    Attributes:
        map_50_95: mAP@[.50:.95].
        map_50: mAP@.50.
        map_75: mAP@.75.
        per_class: each class by its name.
        max_detections: how many of an image's detections of one class counted, the best-scored.
    """

    map_50_95: float
    map_50: float
    map_75: float
    per_class: Mapping[str, ClassQuality]
    max_detections: int


def score(
    ground_truth: Sequence[Annotations], detections: Sequence[Detections], classes: Sequence[str]
) -> Quality:
    """Return the quality of the detections of the same images, in the same order.

    ``max_detections`` is the larger of COCO's 100 and the most objects in an image, so that a
    crowded image can be found whole. Scores and boxes stay float64 from end to end. An *ignore*
    object is neither to be found nor a mistake to find.

    Raises:
        ValueError: there are not as many detections as images.
    """
    if len(ground_truth) != len(detections):
        raise ValueError(f"{len(ground_truth)} images, but detections of {len(detections)}")
    most = max(100, *(len(truth) for truth in ground_truth), 0)
    precision = _precision(ground_truth, detections, classes, most)  # (10, 101, C)
    known = np.where(precision < 0, nan, precision)  # COCO writes -1 for "no ground truth"
    by_class = known.mean(axis=1)  # (10, C)
    counts = [
        sum(int(((t.labels == label) & ~t.ignore).sum()) for t in ground_truth)
        for label in range(len(classes))
    ]
    return Quality(
        map_50_95=_mean(by_class.mean(axis=0)),
        map_50=_mean(by_class[IOU_50]),
        map_75=_mean(by_class[IOU_75]),
        per_class={
            name: ClassQuality(
                float(by_class[:, label].mean()), float(by_class[IOU_50, label]), counts[label]
            )
            for label, name in enumerate(classes)
        },
        max_detections=most,
    )


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else nan


def _precision(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    max_detections: int,
) -> NDArray[np.float64]:
    """Return interpolated precision at 10 IoUs × 101 recalls × C classes, -1 for no object."""
    from faster_coco_eval import COCO, COCOeval_faster

    truth = ground_truth_to_coco(ground_truth, classes)
    found = detections_to_coco(detections)
    if not found:  # older releases of the library refuse an empty list
        counted = {row["category_id"] for row in truth["annotations"] if not row["iscrowd"]}
        row = [0.0 if label + 1 in counted else -1.0 for label in range(len(classes))]
        return np.broadcast_to(np.array(row), (10, 101, len(classes)))
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
        objects = COCO(truth)
        evaluation = COCOeval_faster(objects, objects.loadRes(found), "bbox")
        evaluation.params.maxDets = [1, 10, max_detections]
        evaluation.evaluate()
        evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][:, :, :, 0, -1]
    return precision
