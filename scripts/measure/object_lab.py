"""ObjectLab's scores of single boxes, to hold audits of labels to: one detector, no training.

Tkachenko, Thyagarajan & Mueller, "ObjectLab: Automated Diagnosis of Mislabeled Images in Object
Detection Data", 2023. Boxes are alike by their IoU and by how near their corners are. A box that a
detector is sure of is overlooked as far as no label of its class is like it; a label is badly
located as far as no box of its class, at least likely, is like it; and swapped as far as a sure box
of another class is. Of labels of nothing the paper has no score.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasets.boxes import Boxes, iou
from pipelines.audit.suspicion import Suspicion
from pipelines.audit.witnesses import AuditedImage, Witnessed
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats

OVERLAP = 0.9  # what IoU weighs in how alike boxes are; the rest is how near they are
STEEPNESS = 0.1  # how fast that falls with their distance in pixels
LIKELY, SURE = 0.5, 0.95  # scores from which on a detection is believed


def object_lab(given: Witnessed) -> list[Suspicion]:
    """Return what one detector's boxes say against labels, with one less ObjectLab's scores."""
    (found,) = given.found.values()
    every = [
        each
        for image, detections in zip(given.images, found, strict=True)
        for each in _of_image(image, detections)
    ]
    return sorted(every, key=lambda each: -each.probability)


def alike(first: Boxes, second: Boxes) -> Floats:
    """Return how alike each two of ``(N, 4)`` and ``(M, 4)`` boxes are, from 0 to 1."""
    distance = np.sqrt(((first[:, None] - second[None]) ** 2).sum(axis=2))
    return np.asarray(OVERLAP * iou(first, second) + (1 - OVERLAP) * np.exp(-STEEPNESS * distance))


def _of_image(image: AuditedImage, found: Detections) -> Iterator[Suspicion]:
    truth = image.image.annotations
    near = alike(found.boxes, truth.boxes)
    same = found.labels[:, None] == truth.labels[None]
    sure, likely = found.scores >= SURE, found.scores >= LIKELY
    for row in np.flatnonzero(sure).tolist():
        score = near[row][same[row]].max(initial=0.0)
        seen = found.boxes[row], int(found.labels[row])
        yield _suspicion(image, "missing", 1 - score, None, *seen)
    for row in np.flatnonzero(~truth.ignore).tolist():
        own = np.flatnonzero(same[:, row] & likely)
        best = own[near[own, row].argmax()] if len(own) else None
        score = 1.0 if best is None else float(near[best, row])
        box = None if best is None else found.boxes[best]
        yield _suspicion(image, "badly_placed", 1 - score, row, box, int(truth.labels[row]))
        others = np.flatnonzero(~same[:, row] & sure)
        if len(others):
            other = others[near[others, row].argmax()]
            seen = truth.boxes[row], int(found.labels[other])
            yield _suspicion(image, "wrong_class", float(near[other, row]), row, *seen)


def _suspicion(
    image: AuditedImage,
    kind: str,
    probability: float,
    row: int | None,
    box: Boxes | None,
    proposed: int | None,
) -> Suspicion:
    truth = image.image.annotations
    return Suspicion(
        id="",
        kind=kind,
        split=image.split,
        image=image.place,
        file=image.image.name,
        object=row,
        label_box=None if row is None else tuple(truth.boxes[row].tolist()),
        label=None if row is None else int(truth.labels[row]),
        proposed_box=None if box is None else tuple(box.tolist()),
        proposed=proposed,
        scores={},
        probability=probability,
    )
