"""Which test images a report shows: all of few, and of many as many as a page can carry.

A page has to stay small and to open at once, however many images a run was tested on. So its boxes
and its pictures have a limit. Half of what is shown stands evenly over the set and says what is
usual, the other half is where the detectors make the most mistakes and says what goes wrong.
Figures, tables and curves are of all test images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from datasets.annotations import Annotations
from datasets.splits import evenly
from pipelines.detections import Detections
from pipelines.evaluation.costs import Judged
from pipelines.evaluation.pairs import Ints

MOST_IMAGES = 1000  # in a page
MOST_BOXES = 20_000  # objects, and detections at the operating points: about 1 MB


def shown_places(
    truth: Sequence[Annotations],
    found: Mapping[str, Sequence[Detections]],
    judged: Mapping[str, Judged],
    thresholds: Mapping[str, float],
) -> list[int]:
    """Return the places of the images to show, in their order; at least one where there is any.

    Args:
        truth: of each image.
        found: by detector, in each image.
        judged: the same detections matched.
        thresholds: the operating points.
    """
    boxes = np.array([len(objects) for objects in truth], np.int64)
    for name, detections in found.items():
        shown = [(each.scores >= thresholds[name]).sum() for each in detections]
        boxes += np.array(shown, np.int64)
    images, mean = len(truth), float(boxes.mean()) if len(truth) else 0.0
    most = min(MOST_IMAGES, images, max(int(MOST_BOXES / max(mean, 1.0)), 1))
    if most == images:
        return [*range(images)]
    usual = evenly(range(images), most - most // 2)
    mistakes = _mistakes(images, judged, thresholds)
    worst = np.argsort(-mistakes, kind="stable").tolist()
    chosen: set[int] = set()
    room = MOST_BOXES
    for place in dict.fromkeys([*usual, *worst]):
        if len(chosen) == most:
            break
        if boxes[place] <= room or not chosen:
            chosen.add(place)
            room -= int(boxes[place])
    return sorted(chosen)


def _mistakes(images: int, judged: Mapping[str, Judged], thresholds: Mapping[str, float]) -> Ints:
    """Return how many objects all detectors miss and false alarms they raise in each image."""
    mistakes = np.zeros(images, np.int64)
    for name, each in judged.items():
        missed, wrong = each.mistakes(thresholds[name])
        mistakes += missed + wrong
    return mistakes
