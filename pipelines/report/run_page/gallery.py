"""What the gallery of a report knows: objects, detections and which of them belong together.

COCO's matching goes down the scores, so a detection's outcome depends on those above it alone: it
is the same when all detections are matched and when only those above a threshold are. One flag a
detection and one score an object therefore give the right, the wrong and the missed at every
position of a slider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import CocoGroundTruth, ground_truth_file
from pipelines.evaluation.matching import match_all
from pipelines.evaluation.pairs import flat_detections, flat_objects, overlapping
from pipelines.evaluation.undefined import plain

IOU = 0.5  # as at the operating point
WRONG, RIGHT, IGNORED = 0, 1, 2
MOST_DETECTIONS = 40_000  # in a page, of all detectors together: about 2 MB


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one image's detections and objects are counted as.

    Attributes:
        kinds: ``(N,)`` int64, `RIGHT`, `WRONG` or `IGNORED`, in the order of the detections.
        found_at: ``(M,)`` float64, the score of the detection that found each object, nan for none.
    """

    kinds: NDArray[np.int64]
    found_at: NDArray[np.float64]


def outcomes(
    ground_truth: Sequence[Annotations], detections: Sequence[Detections]
) -> list[Outcome]:
    """Return the outcome of each image's detections at IoU .50."""
    objects, found = flat_objects(ground_truth), flat_detections(detections)
    near = overlapping(found, objects, IOU - 1e-9, same_class=True)
    table = match_all(found, objects, near, (IOU,))
    right = table.true_positive[:, 0]
    kinds = np.full(len(found), WRONG, np.int64)
    kinds[found.place] = np.select([right, table.ignored[:, 0]], [RIGHT, IGNORED], WRONG)
    found_at = np.full(len(objects), np.nan)
    found_at[table.object[right, 0]] = found.score[right]
    by_image = (
        np.split(values, np.cumsum([len(each) for each in every])[:-1])
        for values, every in ((kinds, detections), (found_at, ground_truth))
    )
    return [Outcome(*pair) for pair in zip(*by_image, strict=True)]


def lowest_shown(detections: Sequence[Detections], threshold: float, most: int) -> float:
    """Return the score from which on detections are put into a page.

    It is the lowest there is, or leaves ``most`` of the best; never above the operating point.
    """
    scores = np.sort(np.concatenate([np.zeros(0), *(found.scores for found in detections)]))[::-1]
    if not len(scores):
        return threshold
    return min(float(scores[min(len(scores), max(most, 1)) - 1]), threshold)


def gallery_data(
    coco: CocoGroundTruth,
    found: Mapping[str, Sequence[Detections]],
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """Return classes, pipelines and images as the page's script reads them.

    ``coco`` is the ground truth of the images that are shown, with names and sizes; ``found`` has
    each pipeline's detections in the order of its images, ``thresholds`` the operating points.

    Returns:
        ``classes``; ``pipelines`` with ``name``, ``threshold``, ``lowest`` and ``highest`` score;
        ``images`` with ``name``, ``width``, ``height``, ``objects`` (x1, y1, x2, y2, label, ignore
        each) and by pipeline ``detections`` (x1, y1, x2, y2, label, score, outcome each) and
        ``found_at`` (a score or null for each object). Boxes have a tenth of a pixel, scores all
        their digits.
    """
    truth = ground_truth_file(coco, "ground truth").annotations
    images: list[dict[str, Any]] = [
        {
            "name": image.file_name,
            "width": image.width,
            "height": image.height,
            "objects": _rows(objects.boxes, objects.labels, objects.ignore.astype(int)),
            "detections": [],
            "found_at": [],
        }
        for image, objects in zip(coco.images, truth, strict=True)
    ]
    pipelines = []
    for name, detections in found.items():
        threshold = thresholds[name]
        lowest = lowest_shown(detections, threshold, MOST_DETECTIONS // len(found))
        highest = max((float(each.scores[0]) for each in detections if len(each)), default=1.0)
        scale = {"threshold": threshold, "lowest": lowest, "highest": max(highest, threshold)}
        pipelines.append({"name": name, **scale})
        every = outcomes(truth, detections)
        for image, each, outcome in zip(images, detections, every, strict=True):
            shown = each.above(lowest)
            kinds = outcome.kinds[: len(shown)]
            image["detections"].append(_rows(shown.boxes, shown.labels, shown.scores, kinds))
            image["found_at"].append(plain(outcome.found_at.tolist()))
    classes = [category.name for category in coco.categories]
    return {"classes": classes, "pipelines": pipelines, "images": images}


def _rows(boxes: NDArray[np.float64], *columns: NDArray[Any]) -> list[list[Any]]:
    sides = boxes.round(1).tolist()
    more = [column.tolist() for column in columns]
    return [[*side, *values] for side, *values in zip(sides, *more, strict=True)]
