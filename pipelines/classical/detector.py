"""The classical pipeline: GrabCut and windows propose, HOG describes, SVMs recognise, NMS keeps."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, clip
from models.classical.box_regression import BoxRegression
from models.classical.channels import Channels
from models.classical.hog import Features, Template, describe
from models.classical.linear_svm import LinearSvm
from models.classical.settings import ClassicalSettings
from pipelines.classical.proposals.propose import Proposals, Proposer, Search, propose, search
from pipelines.detections import (
    LOWEST_SCORE,
    Detections,
    Image,
    SourcedDetections,
    Stage,
    run_stages,
)
from pipelines.postprocessing.calibration import UNCALIBRATED, Calibration
from pipelines.postprocessing.nms import nms_indices, voted

MOST_PAIRS = 400  # of proposal and class that go on to regression and NMS, or twice the limit
VOTING_IOU = 0.65  # boxes that overlap a detection at least this much say where it is


@dataclass(frozen=True, eq=False)
class ProposedBoxes:
    """Proposals, and the image they are of, in whose pixels they are."""

    searched: Search
    proposals: Proposals

    @property
    def boxes(self) -> Boxes:
        """``(N, 4)`` candidates without a class, in pixels of the original."""
        return self.proposals.boxes * self.searched.back


@dataclass(frozen=True, eq=False)
class DescribedBoxes:
    """Proposals with their features, and where they are.

    Attributes:
        proposals: in pixels of the searched image.
        features: ``(N, D)``.
        size: width and height of the searched image.
        back: ``(4,)`` pixels of the original for one of the searched image.
        levels: channels of the searched image; a single refinement step needs none.
    """

    proposals: Proposals
    features: Features | NDArray[np.float16]
    size: tuple[int, int]
    back: NDArray[np.float64]
    levels: Channels


@dataclass(frozen=True, eq=False)
class ClassifiedBoxes:
    """Pairs of proposal and class worth keeping: ``rows`` into the proposals, labels, scores."""

    described: DescribedBoxes
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    @property
    def boxes(self) -> Boxes:
        """The ``(N, 4)`` boxes as they were proposed, in pixels of the original."""
        return self.described.proposals.boxes[self.rows] * self.described.back


@dataclass(frozen=True, eq=False)
class RefinedBoxes:
    """The pairs with a box each inside the image, and what proposed it; before NMS."""

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
        threads: that cut, or that share a batch.
        calibration: of the scores, the last step.
    """

    classes: tuple[str, ...]
    settings: ClassicalSettings
    proposer: Proposer
    templates: tuple[Template, ...]
    svm: LinearSvm
    regression: BoxRegression
    limit: int
    threads: int = 1
    calibration: Calibration = UNCALIBRATED

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
        alone = replace(self, threads=1)
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(alone.detect, images))

    def calibrated(self, calibration: Calibration) -> ClassicalDetector:
        """Return the same detector with another last step."""
        return replace(self, calibration=calibration)

    def described(self, image: Image) -> DescribedBoxes:
        """Return an image's proposals with their features."""
        return self._describe(self._propose(image))

    def detect_in(self, described: DescribedBoxes) -> Detections:
        """Return what `detect` does once the image's proposals are described."""
        return self._nms(self._refine(self._classify(described)))

    @property
    def parameters(self) -> int:
        """How many numbers were learnt."""
        return sum(array.size for array in self.arrays().values())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all that was learnt, by name: that of the part, then that of its field."""
        first, second = self.proposer.first, self.proposer.second
        parts = {"first": first, "second": second, "svm": self.svm, "regression": self.regression}
        return {"shapes": self.proposer.shapes, "prior": self.proposer.prior} | {
            f"{part}_{field}": array
            for part, holder in parts.items()
            for field, array in vars(holder).items()
        }

    def describe(self, levels: Channels, boxes: Boxes) -> Features:
        """Return the ``(N, D)`` features of boxes of a searched image with those channels."""
        return describe_boxes(levels, boxes, self.templates, self.settings)

    def _propose(self, image: Image) -> ProposedBoxes:
        searched = search(image)
        proposals = propose(searched, self.proposer, self.settings, self.threads)
        return ProposedBoxes(searched, proposals)

    def _describe(self, proposed: ProposedBoxes) -> DescribedBoxes:
        searched, proposals = proposed.searched, proposed.proposals
        features = self.describe(searched.levels, proposals.boxes)
        return DescribedBoxes(proposals, features, searched.size, searched.back, searched.levels)

    def _classify(self, described: DescribedBoxes) -> ClassifiedBoxes:
        scores = self.svm.scores(described.features.astype(np.float32, copy=False))
        rows, labels = np.nonzero(scores >= LOWEST_SCORE)
        kept = scores[rows, labels]
        best = np.argsort(-kept, kind="stable")[: max(MOST_PAIRS, 2 * self.limit)]
        return ClassifiedBoxes(described, rows[best], labels[best], kept[best])

    def _refine(self, classified: ClassifiedBoxes) -> RefinedBoxes:
        """Move boxes, describe each again where it now is, and move it once more.

        A later step also scores: a box that had to be moved far was badly described at first.
        """
        described, rows = classified.described, classified.rows
        scores, labels = classified.scores, classified.labels
        boxes = described.proposals.boxes[rows]
        if self.settings.regression:
            features = described.features[rows].astype(np.float32, copy=False)
            boxes = clip(self.regression.refine(boxes, labels, features), *described.size)
            for _ in range(self.settings.refinement_steps - 1):
                features = self.describe(described.levels, boxes)
                scores = np.sqrt(scores * self.svm.scores(features)[np.arange(len(rows)), labels])
                boxes = clip(self.regression.refine(boxes, labels, features), *described.size)
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        from_grabcut = described.proposals.from_grabcut[rows]
        return RefinedBoxes(
            boxes[real] * described.back, labels[real], scores[real], from_grabcut[real]
        )

    def _nms(self, refined: RefinedBoxes) -> SourcedDetections:
        boxes, scores, labels = refined.boxes, refined.scores, refined.labels
        rows = nms_indices(
            boxes,
            scores,
            labels,
            iou_threshold=self.settings.nms_iou,
            score_threshold=LOWEST_SCORE,
            limit=self.limit,
        )
        boxes = voted(boxes, scores, labels, rows, VOTING_IOU)
        final = self.calibration.of(scores[rows])
        return SourcedDetections(boxes, final, labels[rows], refined.from_grabcut[rows])


def describe_boxes(
    levels: Channels, boxes: Boxes, templates: tuple[Template, ...], settings: ClassicalSettings
) -> Features:
    """Return the ``(N, D)`` features of boxes of a searched image with those channels."""
    colour = settings.descriptor == "hog+colour"
    return describe(levels, boxes, templates, context=settings.context, colour=colour)
