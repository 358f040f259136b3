"""Oracles: what a stage gives made perfect with the truth, and the stages after it as usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.boxes import iou
from models.classical.linear_svm import LinearSvm
from models.yolo.decoding import decode
from models.yolo.letterbox import restore
from pipelines.classical.detector import (
    ClassicalDetector,
    ClassifiedBoxes,
    DescribedBoxes,
    ProposedBoxes,
)
from pipelines.classical.proposals.propose import Proposals
from pipelines.detections import Detections, Detector, Image, Stage
from pipelines.yolo.detector import Answered, Decoded, YoloDetector

ON_IOU = 0.5  # from here on a box is on an object
NEAR_IOU = 0.1  # from here on it has to do with it, as TIDE has it
FAINTEST = 1e-6  # score of an answer that an oracle still looks at


class Oracle(NamedTuple):
    """What makes one part perfect.

    Attributes:
        name: of the part.
        stage: after which it acts.
        act: from what that stage got, what it gave, and the image's truth, to what it should give.
        stages: of the detector that goes on from there, where it is not the same.
    """

    name: str
    stage: str
    act: Callable[[Any, Any, Annotations], Any]
    stages: Sequence[Stage] = ()


def recorded(stages: Sequence[Stage], image: Image) -> list[Any]:
    """Return the image and what each stage gives, in order."""
    values: list[Any] = [image]
    for stage in stages:
        values.append(stage.run(values[-1]))
    return values


def replayed(
    stages: Sequence[Stage], values: Sequence[Any], truth: Annotations, oracle: Oracle
) -> Detections:
    """Return what a detector would find with the oracle at one stage; the others as they are.

    Args:
        stages: of the detector.
        values: what `recorded` gave.
        truth: of the image; ignored objects are there as well.
        oracle: whose stage is one of them.
    """
    place = [stage.name for stage in stages].index(oracle.stage)
    value = oracle.act(values[place], values[place + 1], truth)
    for stage in (oracle.stages or stages)[place + 1 :]:
        value = stage.run(value)
    if not isinstance(value, Detections):
        raise TypeError(f"the last stage gave {type(value).__name__}, not Detections")
    return value


def oracles_of(detector: Detector) -> tuple[Oracle, ...]:
    """Return the oracles for a detector's parts.

    Raises:
        TypeError: it is neither of the two pipelines.
    """
    if isinstance(detector, ClassicalDetector):
        # A second refinement step scores the class again; an oracle's answer stands.
        certain = replace(detector, svm=_certain(detector.svm))
        return (
            Oracle("proposals", "proposals", _true_proposals),
            Oracle(
                "classification",
                "classifier",
                partial(_true_classes_of_proposals, detector),
                certain.stages,
            ),
            Oracle("localisation", "regression", true_places),
            Oracle("nms", "nms", perfect_nms),
        )
    if isinstance(detector, YoloDetector):
        return (
            Oracle("classification", "decode", partial(_true_classes_of_cells, detector)),
            Oracle("localisation", "decode", true_places),
            Oracle("nms", "nms", perfect_nms),
        )
    raise TypeError(f"there are no oracles for a {type(detector).__name__}")


def true_places(given: Any, gave: Any, truth: Annotations) -> Any:
    """Return candidates with the true box of the object of their class they have to do with."""
    del given
    overlap = iou(gave.boxes, truth.boxes) * (gave.labels[:, None] == truth.labels[None, :])
    boxes = gave.boxes.copy()
    near, nearest = _nearest(overlap, NEAR_IOU)
    boxes[near] = truth.boxes[nearest[near]]
    return replace(gave, boxes=boxes)


def perfect_nms(given: Any, gave: Detections, truth: Annotations) -> Detections:
    """Return one detection an object: of the candidates on it the best box, at the best score.

    Those that are on no object of their class are as NMS left them.
    """
    alike = given.labels[:, None] == truth.labels[None, :]
    on = (iou(given.boxes, truth.boxes) >= ON_IOU) & alike
    overlap = np.where(on, iou(given.boxes, truth.boxes), -1.0)
    found = np.flatnonzero(on.any(axis=0))
    boxes = given.boxes[overlap.argmax(axis=0)[found]] if len(found) else np.zeros((0, 4))
    scores = np.where(on, given.scores[:, None], 0.0).max(axis=0, initial=0.0)[found]
    beside = (iou(gave.boxes, truth.boxes) >= ON_IOU) & (
        gave.labels[:, None] == truth.labels[None, :]
    )
    others = ~beside.any(axis=1)
    return Detections(
        np.concatenate([boxes, gave.boxes[others]]),
        np.concatenate([scores, gave.scores[others]]),
        np.concatenate([truth.labels[found], gave.labels[others]]),
    )


def _true_proposals(image: Image, proposed: ProposedBoxes, truth: Annotations) -> ProposedBoxes:
    del image
    boxes = truth.boxes / proposed.searched.back
    boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(axis=1)]
    count = len(boxes)
    return replace(
        proposed,
        proposals=Proposals(boxes, np.zeros(count, np.float32), np.zeros(count, np.bool_)),
    )


def _true_classes_of_proposals(
    detector: ClassicalDetector,
    described: DescribedBoxes,
    classified: ClassifiedBoxes,
    truth: Annotations,
) -> ClassifiedBoxes:
    """Return proposals on objects with their class, at their own best score, and no others."""
    del classified
    overlap = iou(described.proposals.boxes * described.back, truth.boxes)
    on, nearest = _nearest(overlap, ON_IOU)
    rows = np.flatnonzero(on)
    features = described.features[rows].astype(np.float32, copy=False)
    scores = detector.svm.scores(features).max(axis=1, initial=0.0)
    return ClassifiedBoxes(described, rows, truth.labels[nearest[rows]], _lifted(scores))


def _certain(svm: LinearSvm) -> LinearSvm:
    """Return SVMs that score everything 1."""
    return replace(svm, slope=np.zeros_like(svm.slope), offset=np.full_like(svm.offset, 50.0))


def _true_classes_of_cells(
    detector: YoloDetector, answered: Answered, decoded: Decoded, truth: Annotations
) -> Decoded:
    """Return cells whose box is on an object with its class, at their best score, and no others."""
    del decoded
    best = answered.outputs[:, 4:].max(axis=1, keepdims=True)
    single = np.concatenate([answered.outputs[:, :4], best], axis=1)
    boxes, scores, _ = decode(single, detector.input_hw, FAINTEST, limit=len(single))
    boxes = restore(boxes, answered.letterboxed.scales, answered.letterboxed.image_hw)
    on, nearest = _nearest(iou(boxes, truth.boxes), ON_IOU)
    # Fainter ones than NMS looks at are lifted to where it begins, each in its order.
    return Decoded(boxes[on], _lifted(scores[on]), truth.labels[nearest[on]])


def _lifted(scores: NDArray[np.float64], least: float = 0.001) -> NDArray[np.float64]:
    return np.asarray(least + (1 - least) * scores)


def _nearest(
    overlap: NDArray[np.float64], least: float
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which rows overlap an object at least so much, and which object most."""
    if not overlap.shape[1]:
        return np.zeros(len(overlap), bool), np.zeros(len(overlap), np.int64)
    return overlap.max(axis=1) >= least, overlap.argmax(axis=1)
