"""Each kind of features tried on each kind of boxes, with what a run has trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.annotations import LabelledImage
from datasets.boxes import Boxes
from datasets.images import load_image
from datasets.splits import evenly
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.proposals.propose import propose, search, thinned
from pipelines.classical.storage import load_classical
from pipelines.detections import Image
from pipelines.studies.common.figures import figures
from pipelines.studies.features.box_svm import Boxed, learnt_and_tested
from pipelines.studies.features.descriptors import (
    BACKBONE,
    HOG,
    PIXELS,
    BackboneDescriptor,
    Describe,
    hog_descriptor,
    pixels_descriptor,
)
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.progress import on_terminal
from pipelines.yolo.detector import YoloDetector
from pipelines.yolo.storage import load_network, load_yolo

if TYPE_CHECKING:
    import keras

MOST = {"train": 100, "val": 40, "test": 150}  # images of each split
PROPOSALS, YOLO_BOXES = "classical proposals", "YOLO's boxes"
THIN_IOU, MOST_YOLO_BOXES = 0.7, 100  # YOLO's boxes before NMS, the best of those alike


class Trials:
    """Measures the cells; proposals and networks are made once, when they are first needed."""

    def __init__(self, subject: Subject) -> None:
        """Only note the run."""
        self.subject = subject
        self.threads = runtime.usable_cores()
        self._boxed: dict[str, dict[str, Sequence[Boxed]]] = {}

    def measure(self, features: str, boxes: str) -> dict[str, Any]:
        """Return the figures of one kind of features on one kind of boxes, as JSON has them."""
        subject = self.subject
        settings = self.classical.settings
        found, dimensions = learnt_and_tested(
            self.boxed(boxes),
            self.descriptor(features),
            subject.dataset.classes,
            settings.c,
            settings.nms_iou,
            subject.settings.seed,
            on_terminal,
        )
        truth = [each.truth for each in self.boxed(boxes)["test"]]
        told = figures(truth, found, subject.dataset.classes, subject.settings.seed)
        return {"dimensions": dimensions, **told}

    def boxed(self, boxes: str) -> dict[str, Sequence[Boxed]]:
        """Return the images of all splits with boxes of that kind."""
        if boxes not in self._boxed:
            propose_in = self._proposed if boxes == PROPOSALS else self._of_yolo
            made: dict[str, Sequence[Boxed]] = {}
            for split, most in MOST.items():
                images = evenly(self.subject.dataset.splits[split], most)
                watched = on_terminal(images, f"{boxes}, {split}", len(images))
                made[split] = [boxed_by(propose_in, image) for image in watched]
            self._boxed[boxes] = made
        return self._boxed[boxes]

    def descriptor(self, features: str) -> Describe:
        """Return what describes boxes so."""
        if features == PIXELS:
            return pixels_descriptor
        if features == BACKBONE:
            return BackboneDescriptor(self.network)
        return hog_descriptor(self.classical, "hog" if features == HOG else "hog+colour")

    @cached_property
    def classical(self) -> ClassicalDetector:
        """The trained classical pipeline, whose proposer and templates are used."""
        return load_classical(self.subject.folder / "models" / "classical", threads=self.threads)

    @cached_property
    def yolo(self) -> YoloDetector:
        """The trained YOLO, whose boxes are used."""
        return load_yolo(self.subject.folder / "models" / "yolo", threads=self.threads)

    @cached_property
    def network(self) -> keras.Model:
        """Its network, whose backbone is used."""
        runtime.load_tensorflow()
        return load_network(self.subject.folder / "models" / "yolo")

    def _proposed(self, image: Image) -> Boxes:
        searched = search(image)
        found = propose(searched, self.classical.proposer, self.classical.settings, self.threads)
        return found.boxes * searched.back

    def _of_yolo(self, image: Image) -> Boxes:
        value: Any = image
        for stage in self.yolo.stages[:-1]:  # all but NMS
            value = stage.run(value)
        keep = thinned(value.boxes, value.scores.astype(np.float32), THIN_IOU, MOST_YOLO_BOXES)
        return np.asarray(value.boxes[keep])


def boxed_by(propose_in: Callable[[Image], Boxes], image: LabelledImage) -> Boxed:
    """Return an image with the boxes that are proposed in it."""
    pixels = load_image(image.path)
    return Boxed(pixels, propose_in(pixels), image.annotations)
