"""Oracles for the parts of the classical pipeline."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from datasets.annotations import Annotations
from datasets.boxes import nearest_objects
from pipelines.classical.detector import (
    ClassicalDetector,
    ClassifiedBoxes,
    DescribedBoxes,
    ProposedBoxes,
)
from pipelines.classical.proposals.propose import Proposals
from pipelines.detections import Detector, Image
from pipelines.evaluation.oracles import ON_IOU, Oracle, lifted, perfect_nms, true_places

CERTAIN = 50.0  # log-odds whose sigmoid is 1


def oracles_of(detector: Detector) -> tuple[Oracle, ...]:
    """Return the oracles for the detector's parts.

    Raises:
        TypeError: it is another kind of detector.
    """
    if not isinstance(detector, ClassicalDetector):
        raise TypeError(f"there are no oracles for a {type(detector).__name__} here")
    # A later refinement step scores again; SVMs that score everything 1 let the oracle's stand.
    slope, offset = np.zeros_like(detector.svm.slope), np.full_like(detector.svm.offset, CERTAIN)
    certain = replace(detector, svm=replace(detector.svm, slope=slope, offset=offset))
    classes = partial(_true_classes, detector)
    return (
        Oracle("proposals", "proposals", _true_proposals),
        Oracle("classification", "classifier", classes, certain.stages),
        Oracle("localisation", "regression", true_places),
        Oracle("nms", "nms", partial(perfect_nms, detector.calibration.of)),
    )


def _true_proposals(image: Image, proposed: ProposedBoxes, truth: Annotations) -> ProposedBoxes:
    del image
    boxes = truth.boxes / proposed.searched.back
    boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(axis=1)]
    count = len(boxes)
    proposals = Proposals(boxes, np.zeros(count, np.float32), np.zeros(count, np.bool_))
    return replace(proposed, proposals=proposals)


def _true_classes(
    detector: ClassicalDetector,
    described: DescribedBoxes,
    classified: ClassifiedBoxes,
    truth: Annotations,
) -> ClassifiedBoxes:
    """Return proposals on objects with their class, at their own best score, and no others."""
    del classified
    overlap, nearest = nearest_objects(described.proposals.boxes * described.back, truth.boxes)
    rows = np.flatnonzero(overlap >= ON_IOU)
    features = described.features[rows].astype(np.float32, copy=False)
    scores = detector.svm.scores(features).max(axis=1, initial=0.0)
    return ClassifiedBoxes(described, rows, truth.labels[nearest[rows]], lifted(scores))
