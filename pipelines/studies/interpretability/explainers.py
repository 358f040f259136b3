"""Each contender with its explanations: D-RISE, which treats all alike, and its own if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from datasets.boxes import iou
from datasets.errors import UserError
from pipelines.contenders import PixelMap, contender
from pipelines.detections import Detections, Detector, Image, detect_all
from pipelines.runs.metrics import DetectorMetrics
from pipelines.studies.interpretability.saliency import DetectedBox
from pipelines.system import runtime

SAME_IOU = 0.5  # from here on two detections of a class are of the same object


@dataclass(frozen=True, eq=False)
class Explainer:
    """A detector and how its detections are explained.

    Attributes:
        detector: of a contender.
        threshold: its detections below this score do not count.
        own: the contender's own method by its name, if it has one.
    """

    detector: Detector
    threshold: float
    own: Mapping[str, PixelMap]

    def detect_many(self, images: Sequence[Image]) -> Sequence[Detections]:
        """Return what is found in each image, in one batch where the detector takes any."""
        return detect_all(self.detector, images)


def load_explainers(
    folder: Path, figures: Mapping[str, DetectorMetrics], names: Sequence[str]
) -> dict[str, Explainer]:
    """Return trained contenders of a run's folder, on the CPU, with their thresholds there.

    Raises:
        UserError: a detector can't be loaded.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads, blas=1)
    device = runtime.choose_device("cpu")
    explainers = {}
    for name in names:
        row, model = contender(name), folder / "models" / name
        try:
            detector = row.load(model, device, threads)
            own = {row.explanation.name: row.explanation.load(model)} if row.explanation else {}
        except Exception as error:  # readers of each format raise what they happen to raise
            raise UserError(f"{model}: can't be loaded ({error}); repeat the run") from error
        threshold = figures[name].quality.operating_point.threshold
        explainers[name] = Explainer(detector, threshold, own)
    return explainers


def shared_detections(found: Sequence[Detections]) -> list[tuple[DetectedBox, ...]]:
    """Return the detections of the same object by all detectors, the surest first.

    Each belongs to one object at most: the first detector's, with those of the others that overlap
    it most. ``found`` is by each detector, in one image.
    """
    first, *others = found
    overlaps = [
        iou(first.boxes, each.boxes) * (first.labels[:, None] == each.labels) for each in others
    ]
    shared = []
    for row, label in enumerate(first.labels.tolist()):
        if any(overlap[row].max(initial=0.0) < SAME_IOU for overlap in overlaps):
            continue
        places = [row, *(int(overlap[row].argmax()) for overlap in overlaps)]
        for overlap, place in zip(overlaps, places[1:], strict=True):
            overlap[:, place] = 0.0
        sure = prod(float(each.scores[n]) for each, n in zip(found, places, strict=True))
        boxes = [each.boxes[place] for each, place in zip(found, places, strict=True)]
        shared.append((sure, tuple(DetectedBox(box, label) for box in boxes)))
    return [boxes for _, boxes in sorted(shared, key=lambda each: -each[0])]
