"""Oracles: the output of one stage made perfect with the ground truth; later stages run as usual.

`recorded` in `pipelines.detections` gives the stages' outputs that `replayed` starts from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import iou
from pipelines.detections import LOWEST_SCORE, Detections, Stage, run_stages
from pipelines.evaluation.pairs import Floats

ON_IOU = 0.5  # a box that overlaps an object at least this much is on it
NEAR_IOU = 0.1  # one that overlaps it less is unrelated to it, as in TIDE


class Oracle(NamedTuple):
    """What makes one part of a detector perfect.

    Attributes:
        stage: whose output it replaces.
        act: returns the perfect output of that stage from its input, its output and the image's
            ground truth.
        stages: of the detector that goes on from there, where it is not the same.
    """

    name: str
    stage: str
    act: Callable[[Any, Any, Annotations], Any]
    stages: Sequence[Stage] = ()


def replayed(
    stages: Sequence[Stage], values: Sequence[Any], truth: Annotations, oracle: Oracle
) -> Detections:
    """Return what a detector would find with the oracle at one stage; the others as they are.

    ``values`` are what `recorded` gave of an image; ``truth`` is its, ignored objects included.
    """
    place = [stage.name for stage in stages].index(oracle.stage)
    perfect = oracle.act(values[place], values[place + 1], truth)
    return run_stages((oracle.stages or stages)[place + 1 :], perfect)


def true_places(given: Any, output: Any, truth: Annotations) -> Any:
    """Return a dataclass of candidates with the box of the object of their class nearest to each.

    Nearest is what they overlap most; where that is hardly at all they stay as they are.
    """
    del given
    if not len(truth):
        return output
    overlap = _iou_in_class(output, truth)
    near = overlap.max(axis=1) >= NEAR_IOU
    boxes = output.boxes.copy()
    boxes[near] = truth.boxes[overlap.argmax(axis=1)[near]]
    return replace(output, boxes=boxes)


def perfect_nms(
    calibrated: Callable[[Floats], Floats], given: Any, output: Detections, truth: Annotations
) -> Detections:
    """Return one detection for each object: the best box of the candidates on it, the best score.

    Detections on no object of their class stay as NMS left them, which kept ``output`` of the
    candidates ``given`` and has ``calibrated`` their scores.
    """
    overlap = _iou_in_class(given, truth)
    on = overlap >= ON_IOU
    found = np.flatnonzero(on.any(axis=0))
    best = overlap[:, found].argmax(axis=0) if len(found) else found
    scores = np.where(on, calibrated(given.scores)[:, None], 0.0).max(axis=0, initial=0.0)[found]
    others = ~(_iou_in_class(output, truth) >= ON_IOU).any(axis=1)
    return Detections(
        np.concatenate([given.boxes[best], output.boxes[others]]),
        np.concatenate([scores, output.scores[others]]),
        np.concatenate([truth.labels[found], output.labels[others]]),
    )


def lifted(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores of 0 to 1 in the same order from `LOWEST_SCORE` on, so that NMS drops none."""
    return np.asarray(LOWEST_SCORE + (1 - LOWEST_SCORE) * scores)


def _iou_in_class(candidates: Any, truth: Annotations) -> NDArray[np.float64]:
    """Return the ``(N, M)`` IoU of candidates with objects of their class, 0 with the others."""
    alike = candidates.labels[:, None] == truth.labels
    return np.asarray(iou(candidates.boxes, truth.boxes) * alike)
