"""What the gallery of a report knows: objects, detections and which of them belong together.

COCO's matching goes down the scores, so a detection's fate is decided by those above it alone. What
it is when all detections are matched it also is when only those above a threshold are. One flag a
detection and one score an object therefore tell the right, the wrong and the missed at every
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
from pipelines.evaluation.coco_files.format import CocoGroundTruth, ground_truth_from_coco
from pipelines.evaluation.matching import match_all
from pipelines.evaluation.pairs import flat_detections, flat_objects, overlapping
from pipelines.evaluation.undefined import plain

IOU = 0.5  # as at the operating point
WRONG, RIGHT, IGNORED = 0, 1, 2
MOST_DETECTIONS = 40_000  # in a page, of all detectors together: about 2 MB


@dataclass(frozen=True, eq=False)
class Fate:
    """What became of one image's detections and objects.

    Attributes:
        outcome: ``(N,)`` int, `RIGHT`, `WRONG` or `IGNORED`, in the order of the detections.
        found_at: ``(M,)`` float64, the score of the detection that found each object, nan for none:
            at thresholds above it the object is missed.
    """

    outcome: NDArray[np.int64]
    found_at: NDArray[np.float64]


def fates(ground_truth: Sequence[Annotations], detections: Sequence[Detections]) -> list[Fate]:
    """Return what became of the detections of the same images, at IoU .50."""
    objects, answers = flat_objects(ground_truth), flat_detections(detections)
    near = overlapping(answers, objects, IOU - 1e-9, same_class=True)
    verdicts = match_all(answers, objects, near, (IOU,))
    right = verdicts.true_positive[:, 0]
    outcome = np.full(len(answers), WRONG, np.int64)
    outcome[answers.place] = np.select([right, verdicts.ignored[:, 0]], [RIGHT, IGNORED], WRONG)
    found_at = np.full(len(objects), np.nan)
    found_at[verdicts.object[right, 0]] = answers.score[right]
    last_detection = np.cumsum([len(each) for each in detections], dtype=np.int64)
    last_object = np.cumsum([len(each) for each in ground_truth], dtype=np.int64)
    ends = zip(last_detection, detections, last_object, ground_truth, strict=True)
    return [
        Fate(outcome[one - len(found) : one], found_at[other - len(truth) : other])
        for one, found, other, truth in ends
    ]


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

    Args:
        coco: the ground truth of the test split, with names and sizes.
        found: each pipeline's detections, in the order of the images.
        thresholds: each pipeline's operating point.

    Returns:
        ``classes``; ``pipelines`` with ``name``, ``threshold``, ``lowest`` and ``highest`` score;
        ``images`` with ``name``, ``width``, ``height``, ``objects`` (x1, y1, x2, y2, label, ignore
        each) and by pipeline ``detections`` (x1, y1, x2, y2, label, score, outcome each) and
        ``found_at`` (a score or null for each object). Boxes have a tenth of a pixel, scores all
        their digits.
    """
    truth = ground_truth_from_coco(coco)
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
        lowest = lowest_shown(detections, thresholds[name], MOST_DETECTIONS // len(found))
        highest = max((float(each.scores[0]) for each in detections if len(each)), default=1.0)
        pipelines.append(
            {
                "name": name,
                "threshold": thresholds[name],
                "lowest": lowest,
                "highest": max(highest, thresholds[name]),
            }
        )
        for image, each, fate in zip(images, detections, fates(truth, detections), strict=True):
            shown = each.above(lowest)
            kinds = fate.outcome[: len(shown)]
            image["detections"].append(_rows(shown.boxes, shown.labels, shown.scores, kinds))
            image["found_at"].append(plain(fate.found_at.tolist()))
    classes = [category.name for category in coco.categories]
    return {"classes": classes, "pipelines": pipelines, "images": images}


def _rows(boxes: NDArray[np.float64], *columns: NDArray[Any]) -> list[list[Any]]:
    sides = boxes.round(1).tolist()
    more = [column.tolist() for column in columns]
    return [[*side, *values] for side, *values in zip(sides, *more, strict=True)]
