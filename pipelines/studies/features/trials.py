"""Each kind of features tried on each kind of boxes, with what a run has trained.

All features are tried on the boxes of one contender, the reference, and its simplest features on
the boxes of the others. The SVM and NMS are set as the reference's are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import msgspec
import numpy as np

from datasets.boxes import Boxes
from datasets.images import pixels_of
from datasets.splits import evenly
from models.classical.hog import Features
from models.classical.settings import ClassicalSettings
from pipelines.detections import Describe, FeatureSource, Image
from pipelines.runs.finished import Subject
from pipelines.studies.common.figures import MeanPrecision, mean_precision
from pipelines.studies.features.box_svm import BoxedImage, learnt_and_tested
from pipelines.system.progress import on_terminal

MOST = {"train": 100, "val": 40, "test": 150}  # images of each split
PIXELS = "raw pixels"
PIXELS_SIDE = 16  # of the thumbnail of a box


@dataclass(frozen=True)
class Trial:
    """Features to be tried on boxes, by their names.

    ``pipeline`` names the contender that has the features, or the boxes where the features are the
    reference's.
    """

    pipeline: str
    features: str
    boxes: str


class TrialResult(msgspec.Struct, frozen=True):
    """How well an SVM does on one kind of features, so many numbers a box, on the test images."""

    dimensions: int
    precision: MeanPrecision


def reference_of(sources: Mapping[str, FeatureSource]) -> str:
    """Return the first contender with an SVM of its own, or else the first."""
    return next((name for name, each in sources.items() if each.c is not None), next(iter(sources)))


def apart(sources: Mapping[str, FeatureSource]) -> dict[str, FeatureSource]:
    """Return the sources, with the contender's name beside what is not the only one of its name.

    Two networks of one kind call their boxes and features alike.
    """
    names = Counter(name for each in sources.values() for name in (each.boxes, *each.descriptors))

    def own(pipeline: str, name: str) -> str:
        return f"{name} ({pipeline})" if names[name] > 1 else name

    return {
        pipeline: replace(
            each,
            boxes=own(pipeline, each.boxes),
            descriptors={own(pipeline, name): d for name, d in each.descriptors.items()},
        )
        for pipeline, each in sources.items()
    }


def own_trials(sources: Mapping[str, FeatureSource]) -> dict[str, Trial]:
    """Return, by contender, the trial of its own features on the reference's boxes."""
    if not sources:
        return {}
    boxes = sources[reference_of(sources)].boxes
    return {name: Trial(name, [*each.descriptors][-1], boxes) for name, each in sources.items()}


def planned(sources: Mapping[str, FeatureSource]) -> list[Trial]:
    """Return all trials, those of the reference's features on its own boxes first."""
    reference = reference_of(sources)
    boxes, simplest = sources[reference].boxes, next(iter(sources[reference].descriptors))
    others = [name for name in sources if name != reference]
    return [
        *(Trial(n, each, boxes) for n in (reference, *others) for each in sources[n].descriptors),
        Trial(reference, PIXELS, boxes),
        *(Trial(name, simplest, sources[name].boxes) for name in others),
    ]


class Trials:
    """Measures trials; boxes of a kind are proposed once for all trials on them that follow."""

    def __init__(self, subject: Subject, sources: Mapping[str, FeatureSource]) -> None:
        """Take the run and, by contender, what its features come from."""
        self._subject = subject
        self._reference = sources[reference_of(sources)]
        self._propose = {each.boxes: each.propose for each in sources.values()}
        self._descriptors: dict[str, Describe] = {PIXELS: describe_pixels}
        for each in sources.values():
            self._descriptors.update(each.descriptors)
        self._splits = lru_cache(maxsize=1)(self._boxed)  # trials on the same boxes are in a row

    def measure(self, trial: Trial) -> TrialResult:
        """Return how well an SVM does on those features of those boxes."""
        classes, settings = self._subject.dataset.classes, self._subject.settings
        splits, c = self._splits(trial.boxes), self._reference.c
        found, dimensions = learnt_and_tested(
            splits,
            self._descriptors[trial.features],
            classes,
            ClassicalSettings.c if c is None else c,
            self._reference.nms_iou,
            settings.seed,
            on_terminal,
        )
        truth = [each.truth for each in splits["test"]]
        images = evenly(self._subject.dataset.splits["test"], MOST["test"])
        groups = [image.group for image in images]
        of_run = settings.seed, groups, settings.evaluation.figure
        return TrialResult(dimensions, mean_precision(truth, found, classes, *of_run))

    def _boxed(self, boxes: str) -> dict[str, list[BoxedImage]]:
        """Return the images of all splits with boxes of that kind."""
        splits: dict[str, list[BoxedImage]] = {}
        for split, most in MOST.items():
            images = evenly(self._subject.dataset.splits[split], most)
            splits[split] = []
            for image in on_terminal(images, f"{boxes}, {split}", len(images)):
                pixels = pixels_of(image)
                proposed = self._propose[boxes](pixels)
                splits[split].append(BoxedImage(pixels, proposed, image.annotations))
        return splits


def describe_pixels(image: Image, boxes: Boxes) -> Features:
    """Return 16 × 16 thumbnails of the boxes, values around 0."""
    features = np.zeros((len(boxes), PIXELS_SIDE**2 * 3), np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes):
        left, top = int(max(x1, 0)), int(max(y1, 0))
        right, bottom = max(int(np.ceil(x2)), left + 1), max(int(np.ceil(y2)), top + 1)
        inside = image[min(top, image.shape[0] - 1) : bottom, min(left, image.shape[1] - 1) : right]
        small = cv2.resize(inside, (PIXELS_SIDE, PIXELS_SIDE), interpolation=cv2.INTER_AREA)
        features[row] = small.ravel() / np.float32(255) - np.float32(0.5)
    return features
