"""The classical pipeline: GrabCut and windows propose, HOG describes, SVMs recognise, NMS keeps."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, clip
from models.box_regression import BoxRegression
from models.channels import Channels
from models.hog import Features, Template, describe
from models.linear_svm import LinearSvm
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import (
    LOWEST_SCORE,
    Detections,
    Image,
    SourcedDetections,
    Stage,
    run_stages,
)
from pipelines.nms import nms_indices, voted
from pipelines.proposals.propose import Proposals, Proposer, Search, propose, search

MOST_PAIRS = 400  # of proposal and class that go on to regression and NMS, or twice the limit
VOTING_IOU = 0.65  # boxes that overlap a detection at least this much say where it is
OBJECTNESSES = ("first", "second")  # of the proposer
SVM_ARRAYS = ("weights", "bias", "slope", "offset")


@dataclass(frozen=True, eq=False)
class Proposed:
    """Proposals, and the image they are of, in whose pixels they are."""

    searched: Search
    proposals: Proposals

    @property
    def boxes(self) -> Boxes:
        """``(N, 4)`` candidates without a class, in pixels of the original."""
        return self.proposals.boxes * self.searched.back


@dataclass(frozen=True, eq=False)
class Described:
    """Proposals with their ``(N, D)`` features, and where they are.

    Attributes:
        proposals: in pixels of the searched image.
        features: ``(N, D)``.
        size: width and height of the searched image.
        back: ``(4,)`` pixels of the original for one of the searched image.
        levels: channels of the searched image; none are needed for a single look.
    """

    proposals: Proposals
    features: Features | NDArray[np.float16]
    size: tuple[int, int]
    back: NDArray[np.float64]
    levels: Channels


@dataclass(frozen=True, eq=False)
class Scored:
    """Pairs of proposal and class worth keeping: ``rows`` into the proposals, labels, scores."""

    described: Described
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    @property
    def boxes(self) -> Boxes:
        """The ``(N, 4)`` boxes as they were proposed, in pixels of the original."""
        return self.described.proposals.boxes[self.rows] * self.described.back


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
        proposer: finds and ranks candidates.
        templates: of the HOG.
        svm: recognises them.
        regression: moves their boxes.
        limit: most detections an image.
        jobs: threads that cut.
    """

    classes: tuple[str, ...]
    settings: ClassicalSettings
    proposer: Proposer
    templates: tuple[Template, ...]
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

    def answer(self, described: Described) -> Detections:
        """Return what `detect` does once the image's proposals are described."""
        return self._nms(self._refine(self._classify(described)))

    @property
    def parameters(self) -> int:
        """How many numbers were learnt."""
        return sum(array.size for array in self.arrays().values())

    def _propose(self, image: Image) -> Proposed:
        searched = search(image)
        return Proposed(searched, propose(searched, self.proposer, self.settings, self.jobs))

    def _describe(self, given: Proposed) -> Described:
        searched, proposals = given.searched, given.proposals
        features = describe_boxes(searched.levels, proposals.boxes, self.templates, self.settings)
        return Described(proposals, features, searched.size, searched.back, searched.levels)

    def _classify(self, described: Described) -> Scored:
        scores = self.svm.scores(described.features.astype(np.float32, copy=False))
        rows, labels = np.nonzero(scores >= LOWEST_SCORE)
        kept = scores[rows, labels]
        best = np.argsort(-kept, kind="stable")[: max(MOST_PAIRS, 2 * self.limit)]
        return Scored(described, rows[best], labels[best], kept[best])

    def _refine(self, scored: Scored) -> Refined:
        """Move boxes, look at each again where it now is, and move it once more.

        The second look also scores: a box that had to be moved far was badly seen at first.
        """
        described, scores, labels = scored.described, scored.scores, scored.labels
        boxes = described.proposals.boxes[scored.rows]
        if self.settings.regression:
            features = described.features[scored.rows].astype(np.float32, copy=False)
            boxes = clip(self.regression.refine(boxes, labels, features), *described.size)
            for _ in range(self.settings.looks - 1):
                features = describe_boxes(described.levels, boxes, self.templates, self.settings)
                again = self.svm.scores(features)[np.arange(len(labels)), labels]
                scores = np.sqrt(scores * again)
                boxes = clip(self.regression.refine(boxes, labels, features), *described.size)
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        cut = described.proposals.from_grabcut[scored.rows]
        return Refined(boxes[real] * described.back, labels[real], scores[real], cut[real])

    def _nms(self, refined: Refined) -> SourcedDetections:
        rows = nms_indices(
            refined.boxes,
            refined.scores,
            refined.labels,
            iou_threshold=self.settings.nms_iou,
            score_threshold=LOWEST_SCORE,
            limit=self.limit,
        )
        boxes = voted(refined.boxes, refined.scores, refined.labels, rows, VOTING_IOU)
        return SourcedDetections(
            boxes, refined.scores[rows], refined.labels[rows], refined.from_grabcut[rows]
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was learnt, by name."""
        return {
            "shapes": self.proposer.shapes,
            "prior": self.proposer.prior,
            **{f"{n}_weights": getattr(self.proposer, n).weights for n in OBJECTNESSES},
            **{f"{n}_bias": getattr(self.proposer, n).bias for n in OBJECTNESSES},
            **{f"svm_{name}": getattr(self.svm, name) for name in SVM_ARRAYS},
            "regression_weights": self.regression.weights,
            "regression_bias": self.regression.bias,
        }


def describe_boxes(
    levels: Channels, boxes: Boxes, templates: tuple[Template, ...], settings: ClassicalSettings
) -> Features:
    """Return the ``(N, D)`` features of boxes of a searched image with those channels."""
    return describe(
        levels,
        boxes,
        templates,
        context=settings.context,
        colour=settings.descriptor == "hog+colour",
    )
