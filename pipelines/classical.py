"""The classical pipeline: GrabCut and windows propose, HOG describes, SVMs recognise, NMS keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, clip
from models.box_regression import BoxRegression
from models.hog import Features, describe
from models.linear_svm import LinearSvm
from models.objectness import Objectness
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Detections, Image, Stage, run_stages
from pipelines.nms import suppress
from pipelines.proposals.propose import Proposals, propose

LOWEST_SCORE = 0.001  # kept for mAP, which wants the whole precision-recall curve
MOST_PAIRS = 1000  # of proposal and class that go on to regression and NMS
ARRAYS, SETTINGS = "arrays.npz", "settings.json"


@dataclass(frozen=True, eq=False)
class Proposed:
    """Proposals, and the image they are of."""

    image: Image
    proposals: Proposals

    @property
    def boxes(self) -> Boxes:
        """``(N, 4)`` candidates without a class."""
        return self.proposals.boxes


@dataclass(frozen=True, eq=False)
class Described:
    """Proposals with their ``(N, D)`` features, and the image's height and width."""

    proposals: Proposals
    features: Features
    image_hw: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Scored:
    """Pairs of proposal and class worth keeping: ``rows`` into the proposals, labels, scores."""

    described: Described
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    @property
    def boxes(self) -> Boxes:
        """The ``(N, 4)`` boxes as they were proposed."""
        return self.described.proposals.boxes[self.rows]


@dataclass(frozen=True, eq=False)
class Refined:
    """The pairs with a box each inside the image, and who proposed it; before NMS."""

    boxes: Boxes
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]
    from_grabcut: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClassicalDetector:
    """The trained parts and how they work together.

    Attributes:
        classes: class names in label order.
        settings: see `ClassicalSettings`.
        shapes: ``(K, 2)`` of the windows.
        objectness: ranks candidates.
        svm: recognises them.
        regression: moves their boxes.
        limit: most detections an image.
        jobs: threads that describe an image's boxes.
    """

    classes: tuple[str, ...]
    settings: ClassicalSettings
    shapes: NDArray[np.float64]
    objectness: Objectness
    svm: LinearSvm
    regression: BoxRegression
    limit: int
    jobs: int = 1

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The named steps whose composition is `detect`."""
        return (
            Stage("proposals", self._propose),
            Stage("features", self._describe),
            Stage("classifier", self._classify),
            Stage("regression", self._refine),
            Stage("nms", self._nms),
        )

    def detect(self, image: Image) -> Detections:
        """Return what is in an ``(H, W, 3)`` uint8 RGB image, best score first."""
        return run_stages(self.stages, image)

    def detect_batch(self, images: Sequence[Image]) -> list[Detections]:
        """Return what `detect` does of each image; here each thread takes whole images."""
        alone = replace(self, jobs=1)
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(alone.detect, images))

    @property
    def parameters(self) -> int:
        """How many numbers were learnt."""
        return sum(array.size for array in _arrays(self).values())

    def _propose(self, image: Image) -> Proposed:
        found = propose(image, self.shapes, self.objectness, self.settings, self.jobs)
        return Proposed(image, found)

    def _describe(self, given: Proposed) -> Described:
        image, proposals = given.image, given.proposals
        features = describe_boxes(image, proposals.boxes, self.settings, self.jobs)
        return Described(proposals, features, (image.shape[0], image.shape[1]))

    def _classify(self, described: Described) -> Scored:
        scores = self.svm.scores(described.features)
        rows, labels = np.nonzero(scores >= LOWEST_SCORE)
        kept = scores[rows, labels]
        best = np.argsort(-kept, kind="stable")[:MOST_PAIRS]
        return Scored(described, rows[best], labels[best], kept[best])

    def _refine(self, scored: Scored) -> Refined:
        described = scored.described
        boxes = scored.boxes
        if self.settings.regression:
            features = described.features[scored.rows]
            boxes = self.regression.refine(boxes, scored.labels, features)
        height, width = described.image_hw
        boxes = clip(boxes, width, height)
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        cut = described.proposals.from_grabcut[scored.rows]
        return Refined(boxes[real], scored.labels[real], scored.scores[real], cut[real])

    def _nms(self, refined: Refined) -> Detections:
        return suppress(
            refined.boxes,
            refined.scores,
            refined.labels,
            iou_threshold=self.settings.nms_iou,
            score_threshold=LOWEST_SCORE,
            limit=self.limit,
        )

    def save(self, folder: Path) -> None:
        """Write ``arrays.npz`` and ``settings.json`` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / ARRAYS, **_arrays(self))
        said = {
            "classes": list(self.classes),
            "limit": self.limit,
            "settings": asdict(self.settings),
        }
        (folder / SETTINGS).write_text(json.dumps(said, indent=2), encoding="utf-8")


def load_classical(folder: Path, jobs: int = 1) -> ClassicalDetector:
    """Return the detector saved in the folder.

    Raises:
        OSError: a file is missing.
        ValueError: an array is not plain numbers.
    """
    said = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return ClassicalDetector(
            classes=tuple(said["classes"]),
            settings=_settings(said["settings"]),
            shapes=arrays["shapes"],
            objectness=Objectness(arrays["objectness_weights"], float(arrays["objectness_bias"])),
            svm=LinearSvm(*(arrays[f"svm_{f.name}"] for f in fields(LinearSvm))),
            regression=BoxRegression(arrays["regression_weights"], arrays["regression_bias"]),
            limit=said["limit"],
            jobs=jobs,
        )


def _settings(said: dict[str, Any]) -> ClassicalSettings:
    """Return the settings of a JSON file, where tuples are lists."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    return ClassicalSettings(**values)


def describe_boxes(
    image: Image, boxes: Boxes, settings: ClassicalSettings, jobs: int = 1
) -> Features:
    """Return the ``(N, D)`` features of an image's boxes, described by several threads."""
    colour = settings.descriptor == "hog+colour"
    work = partial(describe, image, context=settings.context, colour=colour)
    if jobs == 1:
        return work(boxes)
    with ThreadPoolExecutor(jobs) as pool:
        return np.concatenate(list(pool.map(work, np.array_split(boxes, jobs))))


def _arrays(detector: ClassicalDetector) -> dict[str, Any]:
    return {
        "shapes": detector.shapes,
        "objectness_weights": detector.objectness.weights,
        "objectness_bias": np.array(detector.objectness.bias),
        **{f"svm_{f.name}": getattr(detector.svm, f.name) for f in fields(LinearSvm)},
        "regression_weights": detector.regression.weights,
        "regression_bias": detector.regression.bias,
    }


def limit_for(most_objects: int) -> int:
    """Return how many detections an image may have, with that many objects in training images."""
    return max(100, 2 * most_objects)
