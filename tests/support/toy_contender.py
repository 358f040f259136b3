"""A contender in one file: it finds bright spots, and calls all of them one class."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from datasets.errors import UserError
from models.errors import UnavailableError
from pipelines.detections import Detections, Detector, Image
from pipelines.settings import RunSettings
from pipelines.system.runtime import Device
from pipelines.training import Model, TrainedContender, Training, TrainingJob

LEARNT = "spots.json"
REASON = "its spots [could] not be downloaded; clean the lens"


def prepare(settings: RunSettings) -> None:
    """Fail where the environment asks for it."""
    del settings
    if "TOY_HAS_NO_SPOTS" in os.environ:
        raise UnavailableError(REASON)


@dataclass(frozen=True)
class SpotDetector:
    """Finds connected parts brighter than a level."""

    level: float
    label: int

    def detect(self, image: Image) -> Detections:
        """Return a box around each bright part, the largest first."""
        bright = (image.mean(axis=2) >= self.level).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        left, top, width, height, area = stats[1:].T.astype(np.float64)
        boxes = np.stack([left, top, left + width, top + height], axis=1)
        scores = area / max(area.max(initial=0.0), 1.0)
        best = np.argsort(-scores)[:100]
        return Detections(boxes[best], scores[best], np.full(len(best), self.label))


def train(job: TrainingJob) -> TrainedContender:
    """Learn the commonest class, and keep a level that divides most photographs."""
    if "TOY_CAN_NOT_LEARN" in os.environ:
        raise UserError("the lens is dirty")
    started = time.monotonic()
    labels = [image.annotations.labels for image in job.dataset.splits["train"]]
    counts = np.bincount(np.concatenate(labels), minlength=len(job.dataset.classes))
    learnt = {"level": 128.0, "label": int(counts.argmax())}
    (job.folder / LEARNT).write_text(json.dumps(learnt), encoding="utf-8")
    return TrainedContender(Training(seconds=time.monotonic() - started), Model(parameters=2))


def load(folder: Path, device: Device, threads: int) -> Detector:
    """Return the detector saved in the folder."""
    del device, threads
    return SpotDetector(**json.loads((folder / LEARNT).read_text(encoding="utf-8")))
