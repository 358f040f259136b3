"""Labels with the places of suspicions ignored: what is suspected is neither right nor wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.annotations import Annotations
from datasets.boxes import as_boxes, iou
from pipelines.audit.correction import checked_row
from pipelines.audit.suspicion import Box, Suspicion
from pipelines.detections import Detections

MATCH_IOU = 0.5  # from which on a detection is of a place, as everywhere


def ignoring(
    truth: Annotations, suspected: Sequence[Suspicion], found: Sequence[Detections]
) -> Annotations:
    """Return the labels of an image with the places of suspicions ignored.

    A suspected label is ignored, and so is what is suspected in its place. Each such place reaches
    around every detection of its class that matches it, by an IoU of .50: so a detection there is
    neither right nor wrong however exact it would have to be.

    Args:
        truth: the labels as they were audited.
        suspected: of this image.
        found: all detections in this image, of every detector and training.

    Raises:
        UserError: a label is not as it was when it was audited.
    """
    boxes, ignore = truth.boxes.copy(), truth.ignore.copy()
    added: list[tuple[Box, int]] = []
    for each in suspected:
        row = checked_row(truth, each)
        if row is not None and each.label_box is not None and each.label is not None:
            boxes[row], ignore[row] = _reach(each.label_box, each.label, found), True
        place = each.proposed_box or each.label_box
        if each.proposed is not None and place is not None:
            added.append((_reach(place, each.proposed, found), each.proposed))
    return Annotations(
        np.concatenate([boxes, as_boxes([box for box, _ in added])]),
        [*truth.labels.tolist(), *(label for _, label in added)],
        [*ignore.tolist(), *(True for _ in added)],
    )


def _reach(place: Box, label: int, found: Sequence[Detections]) -> Box:
    """Return the box around a place and the detections of its class that match it."""
    own = as_boxes([place])
    near = [each.boxes[each.labels == label] for each in found]
    matching = [boxes[iou(boxes, own)[:, 0] >= MATCH_IOU] for boxes in near]
    every = np.concatenate([own, *matching])
    left, top = every[:, :2].min(axis=0).tolist()
    right, bottom = every[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom
