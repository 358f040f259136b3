"""The same detections under every convention in use, and why the figures differ.

Tools that all report "mAP@.50" mean COCO's (Lin et al. 2014) or one of Pascal VOC's two (Everingham
et al. 2010, 2015): they differ in how a detection is assigned to an object and in how precision is
averaged. Pascal VOC's own code also counts the last pixel of a box, which the corners in its files
include; our boxes end where that pixel ends, so that its IoU is ours. Boxes from elsewhere that end
with their last pixel are widened by one first, as an explicit choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipelines.evaluation.pairs import Bools, FlatDetections, FlatObjects, Floats, overlapping
from pipelines.evaluation.precision import envelope, precision_at_recalls
from pipelines.evaluation.quality import EvaluationSet, mean_known
from pipelines.evaluation.undefined import Number

ONE_PIXEL = np.array([0.0, 0.0, 1.0, 1.0])  # added to a box, its last pixel belongs to it
WHY = {
    "coco": "mean precision at 101 recalls; an object taken leaves a detection its next best",
    "voc_2007": "mean precision at 11 recalls; a detection only ever asks for its nearest object",
    "voc_2010": "area below every point of the curve; matched as VOC 2007",
    "coco_inclusive": "as coco, boxes a pixel wider and higher",
    "voc_2007_inclusive": "as voc_2007, boxes a pixel wider and higher",
    "voc_2010_inclusive": "as voc_2010, boxes a pixel wider and higher",
}


@dataclass(frozen=True)
class ConventionQuality:
    """mAP at IoU .50 and each class's AP by one convention, nan without ground truth."""

    map_50: Number
    per_class: Mapping[str, Number]


def by_convention(given: EvaluationSet, iou_threshold: float = 0.5) -> dict[str, ConventionQuality]:
    """Return each convention's figures of the same detections at one IoU, named as in `WHY`.

    The inclusive ones ask what the same figures would be if corners counted.
    """
    by_name: dict[str, list[float]] = {}
    for suffix, data in (("", given), ("_inclusive", inclusive(given))):
        curves = voc_classes(data, iou_threshold)
        by_name[f"coco{suffix}"] = coco_classes(data, iou_threshold)
        by_name[f"voc_2007{suffix}"] = [voc_2007(*curve) for curve in curves]
        by_name[f"voc_2010{suffix}"] = [voc_2010(*curve) for curve in curves]
    return {
        name: ConventionQuality(mean_known(aps), dict(zip(given.classes, aps, strict=True)))
        for name, aps in by_name.items()
    }


def inclusive(given: EvaluationSet) -> EvaluationSet:
    """Return the same boxes read as VOC's code reads corners: the last pixel belongs to the box."""
    return replace(
        given,
        objects=replace(given.objects, boxes=given.objects.boxes + ONE_PIXEL),
        found=replace(given.found, boxes=given.found.boxes + ONE_PIXEL),
    )


def coco_classes(given: EvaluationSet, iou_threshold: float) -> list[float]:
    """Return each class's AP by COCO's rule at any one IoU above 0."""
    curves = [precision_at_recalls(ranked)[0] for ranked in given.ranked_at(iou_threshold)]
    return [float(curve.mean()) for curve in curves]


def voc_classes(given: EvaluationSet, iou_threshold: float) -> list[tuple[Floats, Floats]]:
    """Return each class's precision and recall down its detections, by VOC's rule.

    A detection asks for the object of its class it overlaps most. If that is taken already, the
    detection is wrong; if it is *difficult*, the detection does not count. All detections count,
    however many an image has. Without objects recall is nan.
    """
    found, objects = given.found, given.objects
    right, ignored = match_voc(found, objects, iou_threshold)
    curves = []
    for label in range(len(given.classes)):
        counted = (found.label == label) & ~ignored
        hits = np.cumsum(right[counted])
        total = int(((objects.label == label) & ~objects.ignore).sum())
        recall = hits / total if total else np.full(max(len(hits), 1), np.nan)
        curves.append((hits / np.arange(1, len(hits) + 1), recall))
    return curves


def match_voc(
    found: FlatDetections, objects: FlatObjects, iou_threshold: float
) -> tuple[Bools, Bools]:
    """Return which detections are right and which do not count, ``(N,)`` bool both."""
    # By IoU with difficult objects too.
    pairs = overlapping(found, objects.all_wanted(), iou_threshold, same_class=True).nearest()
    asking, asked = pairs.detection, pairs.object
    difficult = objects.ignore[asked]
    ignored = np.zeros(len(found), bool)
    ignored[asking[difficult]] = True
    # Detections of a class are best first, so the first to ask gets the object.
    _, winners = np.unique(asked[~difficult], return_index=True)
    right = np.zeros(len(found), bool)
    right[asking[~difficult][winners]] = True
    return right, ignored


def voc_2007(precision: Floats, recall: Floats) -> float:
    """Return the mean of the best precision at or beyond the recalls 0, .1 … 1."""
    if np.isnan(recall).any():
        return float("nan")
    best = np.append(envelope(precision), 0.0)
    places = np.searchsorted(recall, np.linspace(0, 1, 11) - 1e-12)
    return float(best[places].mean())


def voc_2010(precision: Floats, recall: Floats) -> float:
    """Return the area below the best precision at or beyond each recall."""
    if np.isnan(recall).any():
        return float("nan")
    return float((np.diff(recall, prepend=0.0) * envelope(precision)).sum())
