"""Which detection found which object, by COCO's greedy rule: of all images or of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.pairs import (
    Bools,
    FlatDetections,
    FlatObjects,
    Floats,
    Pairs,
    flat_detections,
    flat_objects,
    overlapping,
)

COCO_IOUS = np.linspace(0.5, 0.95, 10)  # the very numbers pycocotools uses
IOU_50, IOU_75 = 0, 5  # places among them


@dataclass(frozen=True, eq=False)
class MatchTable:
    """What became of every detection at every IoU: ``(N, T)`` arrays by row of `FlatDetections`.

    ``object`` is the row of the object it took, -1 for none; if it is ``ignored``, it counts
    neither as right nor as wrong.
    """

    object: NDArray[np.int32]
    true_positive: Bools
    ignored: Bools


@dataclass(frozen=True, eq=False)
class ImageMatches:
    """The matching of one image.

    Attributes:
        true_positive: ``(N,)`` bool, detections that found an object.
        ignored: ``(N,)`` bool, detections of an *ignore* object: neither right nor wrong.
        found: ``(M,)`` bool, objects that were found.
        missed: ``(M,)`` bool, objects that were not and should have been.
    """

    true_positive: Bools
    ignored: Bools
    found: Bools
    missed: Bools

    @property
    def false_positive(self) -> Bools:
        """``(N,)`` bool, detections that found nothing."""
        return ~self.true_positive & ~self.ignored


def match(truth: Annotations, detections: Detections, iou_threshold: float = 0.5) -> ImageMatches:
    """Return the matching of one image; the rule is that of `match_all`."""
    found, _, table = matched([truth], [detections], iou_threshold)
    right, ignored = np.zeros((2, len(detections)), bool)
    right[found.place] = table.true_positive[:, 0]
    ignored[found.place] = table.ignored[:, 0]
    seen = np.zeros(len(truth), bool)
    seen[table.object[table.true_positive]] = True
    return ImageMatches(right, ignored, seen, ~seen & ~truth.ignore)


def outcomes(
    ground_truth: Sequence[Annotations],
    detections: Sequence[Detections],
    iou_threshold: float = 0.5,
) -> tuple[Floats, Bools]:
    """Return the ``(N,)`` scores of all images' detections, and whether each is right.

    Detections of *ignore* objects are left out; the order is no matter.

    Raises:
        ValueError: there are not as many detections as images.
    """
    found, _, table = matched(ground_truth, detections, iou_threshold)
    counts = ~table.ignored[:, 0]
    return found.score[counts], table.true_positive[counts, 0]


def matched(
    ground_truth: Sequence[Annotations], detections: Sequence[Detections], iou_threshold: float
) -> tuple[FlatDetections, FlatObjects, MatchTable]:
    """Return all images' detections and objects, and their matching at one IoU.

    Raises:
        ValueError: there are not as many detections as images.
    """
    if len(ground_truth) != len(detections):
        raise ValueError(f"{len(detections)} detections are not of {len(ground_truth)} images")
    objects, found = flat_objects(ground_truth), flat_detections(detections)
    near = overlapping(found, objects, iou_threshold - 1e-9, same_class=True)
    return found, objects, match_all(found, objects, near, (iou_threshold,))


def match_all(
    found: FlatDetections,
    objects: FlatObjects,
    pairs: Pairs,
    iou_thresholds: Sequence[float] | NDArray[np.float64],
    *,
    most: int | None = None,
    area_range: tuple[float, float] | None = None,
) -> MatchTable:
    """Give each detection, best score first, the free object of its class it overlaps most.

    The rule of Lin et al. 2014 (COCO), as pycocotools has it. A real object is preferred to one
    that is ignored, of equal overlaps the last is taken. An *ignore* object takes any number of
    detections. All images and classes go on together: first the best detection of each image and
    class, then the second best.

    Args:
        found: detections of all images.
        objects: of the same images.
        pairs: of one class each, that overlap by the lowest threshold at least.
        iou_thresholds: ``(T,)``.
        most: detections of an image and class that count, the best-scored; None for all.
        area_range: square pixels, both ends included; other objects are ignored, and so are
            detections of another size that found nothing.
    """
    low, high = area_range if area_range is not None else (0.0, np.inf)
    ignore = objects.ignore | (objects.area < low) | (objects.area > high)
    late = np.zeros(len(found), bool) if most is None else found.rank >= most
    kept = pairs.where(~late[pairs.detection])
    thresholds = np.minimum(iou_thresholds, 1 - 1e-10)  # a perfect IoU may be 1 - 2e-16
    taken_by = _taken(found, objects, kept, ignore, thresholds)
    matched = taken_by >= 0
    of_ignored = matched & np.append(ignore, False)[taken_by]  # -1 is the last
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    size = sides[:, 0] * sides[:, 1]
    outside = ((size < low) | (size > high))[:, None] & ~matched
    return MatchTable(
        object=taken_by,
        true_positive=matched & ~of_ignored,
        ignored=of_ignored | outside | late[:, None],
    )


def _taken(
    found: FlatDetections,
    objects: FlatObjects,
    pairs: Pairs,
    ignore: Bools,
    thresholds: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Return the ``(N, T)`` object each detection takes, -1 for none."""
    rank = found.rank[pairs.detection]
    order = np.lexsort((pairs.overlap, ~ignore[pairs.object], pairs.detection, rank))
    # Of a detection's pairs the last that may be taken is the best.
    detection, wanted = pairs.detection[order], pairs.object[order]
    near = pairs.overlap[order][:, None] >= thresholds
    rounds = np.searchsorted(rank[order], np.arange(rank.max(initial=-1) + 2))
    taken_by = np.full((len(found), len(thresholds)), -1, np.int32)
    free = np.ones((len(objects), len(thresholds)), bool)
    for begin, end in pairwise(rounds.tolist()):
        if begin == end:
            continue
        starts = np.flatnonzero(np.diff(detection[begin:end], prepend=-1))
        open_pairs = near[begin:end] & free[wanted[begin:end]]
        places = np.where(open_pairs, np.arange(begin, end)[:, None], -1)
        best = np.maximum.reduceat(places, starts, axis=0)
        rows, columns = np.nonzero(best >= 0)
        takes = wanted[best[rows, columns]]
        taken_by[detection[begin + starts[rows]], columns] = takes
        free[takes, columns] = objects.ignore[takes]
    return taken_by
