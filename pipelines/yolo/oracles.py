"""Oracles for the parts of YOLO."""

from __future__ import annotations

from functools import partial

import numpy as np

from datasets.annotations import Annotations
from datasets.boxes import nearest_objects
from models.yolo.decoding import decode
from models.yolo.letterbox import restore
from pipelines.detections import Detector
from pipelines.evaluation.oracles import ON_IOU, Oracle, lifted, perfect_nms, true_places
from pipelines.yolo.detector import Answered, Decoded, YoloDetector

FAINTEST = 1e-6  # score from which a cell's box is decoded for an oracle


def oracles_of(detector: Detector) -> tuple[Oracle, ...]:
    """Return the oracles for the detector's parts.

    Raises:
        TypeError: it is another kind of detector.
    """
    if not isinstance(detector, YoloDetector):
        raise TypeError(f"there are no oracles for a {type(detector).__name__} here")
    return (
        Oracle("classification", "decode", partial(_true_classes, detector)),
        Oracle("localisation", "decode", true_places),
        Oracle("nms", "nms", partial(perfect_nms, detector.calibration.of)),
    )


def _true_classes(
    detector: YoloDetector, answered: Answered, decoded: Decoded, truth: Annotations
) -> Decoded:
    """Return cells whose box is on an object with its class, at their best score, and no others."""
    del decoded
    best = answered.outputs[:, 4:].max(axis=1, keepdims=True)
    single = np.concatenate([answered.outputs[:, :4], best], axis=1)
    boxes, scores, _ = decode(single, detector.input_hw, FAINTEST, limit=len(single))
    boxes = restore(boxes, answered.letterboxed.scales, answered.letterboxed.image_hw)
    overlap, nearest = nearest_objects(boxes, truth.boxes)
    on = overlap >= ON_IOU
    return Decoded(boxes[on], lifted(scores[on]), truth.labels[nearest[on]])
