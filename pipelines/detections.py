"""What every detector answers and how it is asked: `Detections`, `Detector`, `Stage`.

A detector may also be a `FeatureSource`, whose boxes and features others can learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.annotations import frozen_array
from datasets.boxes import Boxes, as_boxes

Image = NDArray[np.uint8]
Describe = Callable[[Image, Boxes], NDArray[np.float32]]  # boxes in the image's pixels to (N, D)
Pictures = Sequence[NDArray[np.float32]]

LOWEST_SCORE = 0.001  # kept for mAP, which wants the whole precision-recall curve


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector found in one image, best score first.

    Attributes:
        boxes: ``(N, 4)`` float64 xyxy pixels of the image, right and bottom exclusive.
        scores: ``(N,)`` float64 ranking numbers, not necessarily probabilities.
        labels: ``(N,)`` int64 class indices, ``0 … C-1``.
    """

    boxes: Boxes
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __init__(
        self, boxes: ArrayLike = (), scores: ArrayLike = (), labels: ArrayLike = ()
    ) -> None:
        """Copy the arrays, best score first, and make them read-only.

        Raises:
            ValueError: the three do not have one row for each box.
        """
        rows = as_boxes(boxes)
        scores_array, labels_array = np.asarray(scores, np.float64), np.asarray(labels, np.int64)
        expected = (len(rows),)
        if scores_array.shape != expected or labels_array.shape != expected:
            raise ValueError(
                f"scores and labels must have shape {expected}, "
                f"not {scores_array.shape} and {labels_array.shape}"
            )
        order = np.argsort(-scores_array, kind="stable")
        object.__setattr__(self, "boxes", frozen_array(rows[order], np.float64))
        object.__setattr__(self, "scores", frozen_array(scores_array[order], np.float64))
        object.__setattr__(self, "labels", frozen_array(labels_array[order], np.int64))

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.boxes)

    def above(self, score: float) -> Detections:
        """Return the detections with at least that score."""
        keep = self.scores >= score
        return Detections(self.boxes[keep], self.scores[keep], self.labels[keep])


@dataclass(frozen=True, eq=False, init=False)
class SourcedDetections(Detections):
    """Detections of which it is known what proposed them.

    Attributes:
        from_grabcut: ``(N,)`` bool, whether GrabCut proposed each.
    """

    from_grabcut: NDArray[np.bool_]

    def __init__(
        self, boxes: ArrayLike, scores: ArrayLike, labels: ArrayLike, from_grabcut: ArrayLike
    ) -> None:
        """Copy the arrays, whose rows are in order of score, and make them read-only.

        Raises:
            ValueError: the four do not have one row for each box.
        """
        super().__init__(boxes, scores, labels)
        flags = frozen_array(from_grabcut, np.bool_)
        if flags.shape != self.scores.shape:
            raise ValueError(f"from_grabcut must have shape {self.scores.shape}")
        object.__setattr__(self, "from_grabcut", flags)


def limit_for(most_objects: int) -> int:
    """Return how many detections an image may have, with that many objects in one at most."""
    return max(100, 2 * most_objects)


class Stage(NamedTuple):
    """One named step of a detector; the output of a step is the input of the next."""

    name: str
    run: Callable[[Any], Any]


@runtime_checkable
class Candidates(Protocol):
    """What a stage's output offers to be looked at, if it is boxes in the image's own pixels.

    Once they have ``scores``, ``(N,)`` float64, and ``labels``, ``(N,)`` int64, it has these too;
    `Detections` are candidates themselves.
    """

    @property
    def boxes(self) -> Boxes:
        """``(N, 4)`` float64 xyxy pixels."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Anything that turns an image into detections."""

    def detect(self, image: Image) -> Detections:
        """Return what is in an ``(H, W, 3)`` uint8 RGB image, in that image's pixels."""
        ...


@runtime_checkable
class BatchDetector(Detector, Protocol):
    """A detector that can take several images at once."""

    def detect_batch(self, images: Sequence[Image]) -> list[Detections]:
        """Return what `detect` would of each image, in their order."""
        ...


def detect_all(detector: Detector, images: Sequence[Image]) -> Sequence[Detections]:
    """Return what is found in each image, in one batch where the detector takes any."""
    if isinstance(detector, BatchDetector):
        return detector.detect_batch(images)
    return [detector.detect(image) for image in images]


@runtime_checkable
class StagedDetector(Detector, Protocol):
    """A detector whose `detect` is the composition of named stages."""

    @property
    def stages(self) -> Sequence[Stage]:
        """The ordered stages; the first takes the image, the last gives `Detections`."""
        ...


def run_stages(
    stages: Sequence[Stage],
    value: Any,
    after: Callable[[str], None] | None = None,
    look: Callable[[str, Any], None] | None = None,
) -> Detections:
    """Run what the first stage takes through all stages.

    ``after`` is called with each one's name once it is done, ``look`` with what it gave as well.
    """
    for stage in stages:
        value = stage.run(value)
        if after is not None:
            after(stage.name)
        if look is not None:
            look(stage.name, value)
    if not isinstance(value, Detections):
        raise TypeError(f"the last stage gave {type(value).__name__}, not Detections")
    return value


def recorded(stages: Sequence[Stage], image: Image) -> list[Any]:
    """Return the image and what each stage makes of it, in order."""
    return list(accumulate(stages, lambda value, stage: stage.run(value), initial=image))


@dataclass(frozen=True, eq=False)
class FeatureSource:
    """A trained detector's boxes and features, each under a name.

    Attributes:
        boxes: name of the boxes it proposes.
        propose: returns the ``(N, 4)`` boxes it proposes in an image, in that image's pixels.
        descriptors: of boxes, by name; the last one is compared with other detectors'.
        nms_iou: of its NMS.
        c: of its linear SVM, None where it has none.
        pictures: returns rows of pictures of an image's features inside one ``(4,)`` box, by name;
            each is ``(h, w)`` or ``(h, w, 3)``.
    """

    boxes: str
    propose: Callable[[Image], Boxes]
    descriptors: Mapping[str, Describe]
    nms_iou: float
    c: float | None = None
    pictures: Callable[[Image, NDArray[np.float64]], Mapping[str, Pictures]] | None = None
