"""How good detections are: COCO's figures (Lin et al. 2014), all of them and each class's.

One engine gives every figure: `matching` and `precision`. Resampling, error types and pictures need
to know which detection found which object, which pycocotools and its faster successors do not give
for all images at once; a library for the points alone would be a second engine to keep equal to it.
Tests hold it to pycocotools to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.matching import COCO_IOUS, IOU_50, IOU_75, MatchTable, match_all
from pipelines.evaluation.pairs import (
    Bools,
    FlatDetections,
    FlatObjects,
    Floats,
    Ints,
    Pairs,
    flat_detections,
    flat_objects,
    overlapping,
)
from pipelines.evaluation.precision import Ranked, precision_at_recalls, ranked_classes
from pipelines.evaluation.undefined import Number

# Square pixels, both ends included, as in pycocotools.
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2)}
AREAS["large"] = (96.0**2, 1e10)
SIZES = ("small", "medium", "large")
PART = 300_000  # detections matched at all IoUs together: about 300 MB on the way


@dataclass(frozen=True)
class ClassQuality:
    """One class; nan without ground truth.

    Attributes:
        ap_50_95: AP over COCO's ten IoUs; ``ap_50`` at IoU .50.
        average_recall: over the ten IoUs.
        ground_truth: objects to be found.
        precision_50: at IoU .50, interpolated precision at the recalls 0, .01 … 1.
    """

    ap_50_95: Number
    ap_50: Number
    average_recall: Number
    ground_truth: int
    precision_50: tuple[Number, ...]


@dataclass(frozen=True)
class Quality:
    """All classes: means over those with ground truth, nan where there is none at all.

    Attributes:
        map_50_95: mAP@[.50:.95].
        map_50: mAP@.50; ``map_75`` at .75.
        small: mAP@[.50:.95] of objects up to 32² square pixels; ``medium`` of those up to 96²,
            ``large`` of those above.
        average_recall: mean share of objects found, over the ten IoUs; ``_1`` and ``_10`` with the
            best one or ten detections of an image and class, the others by size of object.
        per_class: each class by its name.
        max_detections: how many of an image's detections of one class counted, the best-scored.
    """

    map_50_95: Number
    map_50: Number
    map_75: Number
    small: Number
    medium: Number
    large: Number
    average_recall: Number
    average_recall_1: Number
    average_recall_10: Number
    average_recall_small: Number
    average_recall_medium: Number
    average_recall_large: Number
    per_class: Mapping[str, ClassQuality]
    max_detections: int


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """One detector's detections beside the ground truth: what all figures are computed from.

    ``classes`` are in label order; of an image's detections of one class ``max_detections`` count.
    """

    objects: FlatObjects
    found: FlatDetections
    classes: tuple[str, ...]
    images: int
    max_detections: int

    def parts(self) -> Iterator[EvaluationSet]:
        """Yield the classes a few at a time, in order, and once at least.

        They have about `PART` detections together, so that memory does not grow with the classes.
        """
        count = len(self.classes)
        ends = np.searchsorted(self.found.label, np.arange(1, count + 1))
        start = 0
        while start < count or not start:
            done = ends[start - 1] if start else 0
            stop = max(int(np.searchsorted(ends, done + PART, "right")), start + 1)
            yield self if stop - start >= count else self._of_classes(start, stop)
            start = stop

    def _of_classes(self, start: int, stop: int) -> EvaluationSet:
        """Return the set with those classes alone, whose labels then count from 0."""
        label = self.objects.label
        objects = self.objects.at(np.flatnonzero((label >= start) & (label < stop)))
        found = self.found.at(np.arange(*np.searchsorted(self.found.label, [start, stop])))
        return replace(
            self,
            objects=replace(objects, label=objects.label - start),
            found=replace(found, label=found.label - start),
            classes=self.classes[start:stop],
        )

    @cached_property
    def pairs(self) -> Pairs:
        """Pairs of one class with an IoU of .5 and more."""
        return overlapping(self.found, self.objects, COCO_IOUS[0] - 1e-9, same_class=True)

    def matched(self, area: str = "all") -> MatchTable:
        """Return the matching at the ten IoUs, for objects of one size."""
        most, sizes = self.max_detections, AREAS[area]
        return match_all(
            self.found, self.objects, self.pairs, COCO_IOUS, most=most, area_range=sizes
        )

    def ranked(self, area: str = "all", table: MatchTable | None = None) -> list[Ranked]:
        """Return each class at the ten IoUs, for objects of one size; matched here if not yet."""
        matched = self.matched(area) if table is None else table
        return ranked_classes(self.found, matched, self.objects, len(self.classes), AREAS[area])

    def ranked_at(self, iou_threshold: float) -> list[Ranked]:
        """Return each class at one IoU of any size, above 0."""
        found, objects, most = self.found, self.objects, self.max_detections
        pairs = overlapping(found, objects, iou_threshold - 1e-9, same_class=True)
        table = match_all(found, objects, pairs, (iou_threshold,), most=most)
        return ranked_classes(found, table, objects, len(self.classes))


def evaluation_set(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    areas: Sequence[Floats] | None = None,
) -> EvaluationSet:
    """Return detections and ground truth of the same images, in the same order, made ready.

    ``max_detections`` is the larger of COCO's 100 and the most objects in an image, so that a
    crowded image can be found whole. Scores and boxes stay float64 from end to end. An *ignore*
    object is neither to be found nor a mistake to find. ``classes`` are in label order; ``areas``
    are of each image's objects, ``(M,)`` square pixels, where they are not their boxes'.

    Raises:
        ValueError: there are not as many detections as images, or a label names no class.
    """
    if len(ground_truth) != len(detections):
        raise ValueError(f"{len(ground_truth)} images, but detections of {len(detections)}")
    objects, found = flat_objects(ground_truth, areas), flat_detections(detections)
    for labels in (objects.label, found.label):
        if labels.size and not (labels.min() >= 0 and labels.max() < len(classes)):
            raise ValueError(
                f"labels go from {labels.min()} to {labels.max()}, but there are only "
                f"{len(classes)} classes, counted from 0"
            )
    most = max(100, *(len(truth) for truth in ground_truth), 0)
    return EvaluationSet(objects, found, tuple(classes), len(ground_truth), most)


def score(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    classes: Sequence[str],
    areas: Sequence[Floats] | None = None,
) -> Quality:
    """Return the quality of the detections; see `evaluation_set` for the arguments."""
    return quality_of(evaluation_set(ground_truth, detections, classes, areas))


def quality_of(given: EvaluationSet) -> Quality:
    """Return COCO's figures and each class's."""
    parts = [_class_curves(part) for part in given.parts()]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    every = _ClassCurves(*(np.concatenate(each, axis=1) for each in columns))
    ap, recall, objects = every.precision.mean(axis=2), every.recall, every.objects[0]
    sizes = list(enumerate(SIZES))
    return Quality(
        map_50_95=mean_known(ap),
        map_50=mean_known(ap[IOU_50]),
        map_75=mean_known(ap[IOU_75]),
        **{size: mean_known(every.ap_by_size[..., place]) for place, size in sizes},
        average_recall=mean_known(recall),
        average_recall_1=_recall(every.best_1, objects),
        average_recall_10=_recall(every.best_10, objects),
        **{
            f"average_recall_{size}": mean_known(every.recall_by_size[..., place])
            for place, size in sizes
        },
        per_class={
            name: ClassQuality(
                ap_50_95=float(ap[:, label].mean()),
                ap_50=float(ap[IOU_50, label]),
                average_recall=float(recall[:, label].mean()),
                ground_truth=int(objects[label]),
                precision_50=tuple(every.precision[IOU_50, label].tolist()),
            )
            for label, name in enumerate(given.classes)
        },
        max_detections=given.max_detections,
    )


@dataclass(frozen=True, eq=False)
class _ClassCurves:
    """What the figures of some classes are means of, at the ten IoUs.

    Attributes:
        precision: ``(10, C, 101)`` at COCO's recalls.
        recall: ``(10, C)``.
        ap_by_size: ``(10, C, 3)``, in the order of `SIZES`, and so ``recall_by_size``.
        best_1: ``(10, C)`` true positives among the best detection of each image and class.
        best_10: the same among the best ten.
        objects: ``(1, C)`` to be found.
    """

    precision: Floats
    recall: Floats
    ap_by_size: Floats
    recall_by_size: Floats
    best_1: Ints
    best_10: Ints
    objects: Ints


def _class_curves(given: EvaluationSet) -> _ClassCurves:
    table = given.matched()
    ranked = given.ranked("all", table)
    precision, recall = _curves(ranked)
    sizes = [_curves(given.ranked(size)) for size in SIZES]
    best = partial(_right_of_best, given.found, table.true_positive, len(ranked))
    return _ClassCurves(
        precision,
        recall,
        np.stack([curves.mean(axis=2) for curves, _ in sizes], axis=2),
        np.stack([of_size for _, of_size in sizes], axis=2),
        best(1),
        best(10),
        np.array([[len(each.objects) for each in ranked]], np.int64),
    )


def _curves(every: Sequence[Ranked]) -> tuple[Floats, Floats]:
    """Return precision ``(10, C, 101)`` and recall ``(10, C)`` of all classes."""
    curves, recall = np.zeros((10, len(every), 101)), np.zeros((10, len(every)))
    for label, ranked in enumerate(every):
        curves[:, label], recall[:, label] = precision_at_recalls(ranked)
    return curves, recall


def _right_of_best(found: FlatDetections, right: Bools, classes: int, most: int) -> Ints:
    """Return the true positives among the best few detections of each image, ``(10, C)``."""
    rows = right & (found.rank < most)[:, None]
    return np.array([np.bincount(found.label[row], minlength=classes) for row in rows.T])


def _recall(right: Ints, objects: Ints) -> float:
    """Return the mean recall of the classes that have objects."""
    classes = np.flatnonzero(objects)
    return mean_known(right[:, classes] / objects[classes])


def mean_known(values: ArrayLike) -> float:
    """Return the mean of the values that are not nan, nan if there are none."""
    every = np.asarray(values, np.float64)
    known = every[~np.isnan(every)]
    return float(known.mean()) if known.size else nan
