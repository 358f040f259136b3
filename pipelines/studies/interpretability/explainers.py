"""Each pipeline with its two explanations: D-RISE, which asks both alike, and its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from datasets.boxes import iou
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.storage import load_classical
from pipelines.detections import BatchDetector, Detections, Detector, Image
from pipelines.studies.interpretability.hog_weights import hog_weights
from pipelines.studies.interpretability.saliency import Saliency, Target
from pipelines.yolo.storage import load_network, load_yolo

DRISE, HOG_WEIGHTS, GRAD_CAM = "D-RISE", "HOG weights", "Grad-CAM"
SAME_IOU = 0.5  # from here on two detections of a class are of the same object


@dataclass(frozen=True, eq=False)
class Explainer:
    """A detector and how its detections are explained.

    Attributes:
        detector: of the pipeline.
        own_name: of the pipeline's own method.
        own: its map of a detection in an image.
    """

    detector: Detector
    own_name: str
    own: Callable[[Image, Target], Saliency]

    def detect_many(self, images: Sequence[Image]) -> Sequence[Detections]:
        """Return what is found in each image, in one batch where the detector takes any."""
        if isinstance(self.detector, BatchDetector):
            return self.detector.detect_batch(images)
        return [self.detector.detect(image) for image in images]


def classical_explainer(detector: ClassicalDetector) -> Explainer:
    """Return the classical pipeline with the weights of its HOG."""
    return Explainer(detector, HOG_WEIGHTS, partial(hog_weights, detector))


def load_explainer(name: str, folder: Path, threads: int) -> Explainer:
    """Return a trained pipeline of a run's folder; YOLO's loads TensorFlow, for gradients."""
    place = folder / "models" / name
    if name == "classical":
        return classical_explainer(load_classical(place, threads=threads))
    from pipelines.system import runtime

    detector = load_yolo(place, threads=threads)
    runtime.load_tensorflow()
    from pipelines.studies.interpretability.grad_cam import GradCam

    return Explainer(detector, GRAD_CAM, GradCam(load_network(place)))


def found_by_both(classical: Detections, yolo: Detections) -> list[tuple[Target, Target]]:
    """Return the detections of the same object by both, the surest first.

    Each is of one pair at most, paired with the other's that overlaps it most.
    """
    overlap = iou(classical.boxes, yolo.boxes)
    overlap *= classical.labels[:, None] == yolo.labels[None, :]
    pairs = []
    for row in range(len(classical)):
        if not len(yolo) or overlap[row].max() < SAME_IOU:
            continue
        other = int(overlap[row].argmax())
        sure = float(np.sqrt(classical.scores[row] * yolo.scores[other]))
        label = int(classical.labels[row])
        pairs.append((sure, Target(classical.boxes[row], label), Target(yolo.boxes[other], label)))
        overlap[:, other] = 0.0
    pairs.sort(key=lambda pair: -pair[0])
    return [(first, second) for _, first, second in pairs]
