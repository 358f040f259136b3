"""What the classical pipeline's proposals and hand-made features offer to other learners."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from datasets.boxes import Boxes
from models.classical.hog import Features
from pipelines.classical.detector import ClassicalDetector, describe_boxes
from pipelines.classical.proposals.propose import search
from pipelines.classical.storage import load_classical
from pipelines.detections import Describe, FeatureSource, Image


def feature_source(folder: Path, threads: int) -> FeatureSource:
    """Return the proposals, HOG with and without colour, of the detector saved in the folder."""
    detector = load_classical(folder, threads=threads)
    return FeatureSource(
        boxes="classical proposals",
        propose=lambda image: detector.stages[0].run(image).boxes,
        descriptors={
            "HOG": hog_descriptor(detector, "hog"),
            "HOG + colour": hog_descriptor(detector, "hog+colour"),
        },
        nms_iou=detector.settings.nms_iou,
        c=detector.settings.c,
    )


def hog_descriptor(detector: ClassicalDetector, name: Literal["hog+colour", "hog"]) -> Describe:
    """Return the detector's description of boxes, with colour or without."""
    settings = replace(detector.settings, descriptor=name)

    def describe(image: Image, boxes: Boxes) -> Features:
        searched = search(image)
        return describe_boxes(searched.levels, boxes / searched.back, detector.templates, settings)

    return describe
