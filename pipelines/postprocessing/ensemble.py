"""All contenders' detections of an image joined: those of one object agree where it is, and vote.

Weighted boxes fusion (Solovyev et al. 2021) on calibrated scores, which are of one kind whoever
gave them: a box is the mean of those that agree with it, weighed by their scores, and its score the
mean over all contenders, of whom one that saw nothing there says 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, iou
from pipelines.detections import LOWEST_SCORE, Detections

SAME_IOU = 0.55  # that two contenders' boxes of one object have at least, as in the paper


def joined(found: Sequence[Detections]) -> Detections:
    """Return what all contenders together found in an image, of which each found its part.

    Class by class, the best-scored box asks each other contender for the one that overlaps it most;
    a box that was asked for once is no object of its own. Scores below `LOWEST_SCORE` are left out.
    """
    if not found:
        return Detections()
    boxes = np.concatenate([each.boxes for each in found])
    scores = np.concatenate([each.scores for each in found])
    labels = np.concatenate([each.labels for each in found])
    whose = np.repeat(np.arange(len(found)), [len(each) for each in found])
    parts = [
        _of_one_class(boxes[rows], scores[rows], whose[rows], len(found))
        for label in np.unique(labels)
        for rows in [np.flatnonzero(labels == label)]
    ]
    if not parts:
        return Detections()
    kept = [each_scores >= LOWEST_SCORE for _, each_scores in parts]
    return Detections(
        np.concatenate([each[keep] for (each, _), keep in zip(parts, kept, strict=True)]),
        np.concatenate([each[keep] for (_, each), keep in zip(parts, kept, strict=True)]),
        np.repeat(np.unique(labels), [int(keep.sum()) for keep in kept]),
    )


def _of_one_class(
    boxes: Boxes, scores: NDArray[np.float64], whose: NDArray[np.int64], contenders: int
) -> tuple[Boxes, NDArray[np.float64]]:
    """Return the ``(K, 4)`` boxes and ``(K,)`` scores of one class's ``(N, 4)`` detections."""
    overlaps = iou(boxes, boxes)
    free = np.ones(len(boxes), bool)
    made, votes = [], []
    for row in np.argsort(-scores, kind="stable"):
        if not free[row]:
            continue
        members = [row]
        for other in range(contenders):
            near = np.flatnonzero(free & (whose == other) & (overlaps[row] >= SAME_IOU))
            if other != whose[row] and near.size:
                members.append(near[np.argmax(overlaps[row][near])])
        free[members] = False
        weights = scores[members]
        made.append(weights @ boxes[members] / weights.sum())
        votes.append(weights.sum() / contenders)
    return np.array(made), np.array(votes)
