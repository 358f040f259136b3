"""Everything there is to say of one detector's detections, and of two detectors' difference.

This is what the main job, `scripts/evaluate_detections.py` and anybody with a detector of their own
call: detections of the same images in, figures as ``metrics.json`` has them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from datasets.annotations import Annotations
from datasets.progress import Track, silently
from pipelines.detections import Detections, Detector, Image
from pipelines.evaluation.confusion import confusion
from pipelines.evaluation.conventions import ONE_PIXEL, by_convention, coco_classes
from pipelines.evaluation.error_types import error_costs
from pipelines.evaluation.figures import iou_name, plain
from pipelines.evaluation.lost_objects import Reach, lost_objects, reach
from pipelines.evaluation.operating_point import OperatingPoint, best_f1
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import Answers, answers, mean_known, quality_of
from pipelines.evaluation.resampling import draws, figures_once, images_holding, resampled
from pipelines.evaluation.significance import differences, intervals


@dataclass(frozen=True, eq=False)
class Images:
    """The images all detectors are judged on.

    Attributes:
        ground_truth: of each test image.
        classes: names in label order.
        seed: of the resamples.
        areas: of each image's objects in square pixels, where they are not those of their boxes.
        iou: another IoU to give mAP at besides COCO's, None for none.
        inclusive_pixels: boxes end with their last pixel, as the corners in Pascal VOC's files:
            all of them are widened by one.
    """

    ground_truth: Sequence[Annotations]
    classes: Sequence[str]
    seed: int = 0
    areas: Sequence[Floats] | None = None
    iou: float | None = None
    inclusive_pixels: bool = False


@dataclass(frozen=True, eq=False)
class Judged:
    """One detector's figures, and those of its resamples, which pair it with another's.

    Attributes:
        quality: as ``metrics.json`` has it.
        once: headline figures by name.
        resamples: the same in each resample, ``(B,)``.
        holding: how many images hold an object the figure is about.
    """

    quality: dict[str, Any]
    once: Mapping[str, float]
    resamples: Mapping[str, Floats]
    holding: Mapping[str, int]


def judge(
    images: Images,
    detections: Sequence[Detections],
    point: OperatingPoint | None = None,
    reaches: Sequence[Mapping[str, Reach]] | None = None,
) -> Judged:
    """Return all that is to be said of one detector's detections.

    Args:
        images: what they are judged on.
        detections: of each image, in the same order.
        point: the operating point, from a validation split; None to choose the threshold on the
            test images themselves, which flatters and is said.
        reaches: of each image, by stage, what the detector's stages offered; None where only the
            detections are known, which then are the one stage.

    Raises:
        ValueError: there are not as many detections as images, or a label names no class.
    """
    if images.inclusive_pixels:
        images, detections = _widened(images, detections)
    truth = images.ground_truth
    given = answers(truth, detections, images.classes, images.areas)
    quality: dict[str, Any] = plain(quality_of(given))
    if images.iou is not None:
        _add_iou(quality, given, images.iou)
    quality["conventions"] = plain(by_convention(given))
    quality["errors"] = plain(error_costs(given))
    quality["operating_point"] = _operating_point(images, detections, point)
    threshold = quality["operating_point"]["threshold"]
    if reaches is None:
        pairs = zip(truth, detections, strict=True)
        reaches = [{"detections": reach(objects, found)} for objects, found in pairs]
    lost = lost_objects(truth, detections, reaches, threshold)
    quality["lost"] = dict(lost.lost)
    quality["recall_ceiling"] = plain(lost.recall_ceiling)
    once = figures_once(given, images.iou)
    values = resampled(given, draws(given.images, images.seed), images.iou)
    holding = images_holding(given, images.iou)
    quality["interval_95"] = plain(intervals(once, values, holding))
    return Judged(quality, once, values, holding)


def compared(judged: Mapping[str, Judged], images: int) -> dict[str, Any]:
    """Return the paired differences of all detectors: ``<a>_minus_<b>.<figure>``."""
    return {
        f"{a}_minus_{b}": plain(
            differences(
                (judged[a].once, judged[b].once),
                (judged[a].resamples, judged[b].resamples),
                images,
                judged[a].holding,
            )
        )
        for a, b in combinations(judged, 2)
    }


def detect_all(
    detector: Detector, images: Sequence[Image], track: Track = silently
) -> list[Detections]:
    """Return what any object with ``detect(image)`` finds in each image."""
    return [detector.detect(image) for image in track(images, "detecting", len(images))]


def _widened(images: Images, detections: Sequence[Detections]) -> tuple[Images, list[Detections]]:
    truth = [
        Annotations(each.boxes + ONE_PIXEL, each.labels, each.ignore)
        for each in images.ground_truth
    ]
    found = [Detections(each.boxes + ONE_PIXEL, each.scores, each.labels) for each in detections]
    return replace(images, ground_truth=truth, inclusive_pixels=False), found


def _operating_point(
    images: Images, detections: Sequence[Detections], point: OperatingPoint | None
) -> dict[str, Any]:
    """Return the threshold, what it was chosen on, and what comes of it on the test images."""
    chosen = best_f1(images.ground_truth, detections) if point is None else point
    counted = confusion(images.ground_truth, detections, len(images.classes), chosen.threshold)
    told: dict[str, Any] = {
        "threshold": chosen.threshold,
        "chosen_on": "test" if point is None else "validation",
        "precision": counted.precision,
        "recall": counted.recall,
        "f1": counted.f1,
        "chosen_f1": chosen.f1,
        "confusion": {
            "classes": [*images.classes, "background"],
            "matrix": counted.matrix,
        },
    }
    return dict(plain(told))


def _add_iou(quality: dict[str, Any], given: Answers, iou: float) -> None:
    """Add mAP and each class's AP at one more IoU, called by it: ``map_30``, ``ap_30``."""
    aps = coco_classes(given, iou)
    name = iou_name(iou)
    quality[f"map_{name}"] = plain(mean_known(np.array(aps)))
    for label, ap in zip(given.classes, aps, strict=True):
        quality["per_class"][label][f"ap_{name}"] = plain(ap)
