"""The end-to-end pipeline: letterbox, one network, decoding, NMS."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from models.yolo.decoding import decode
from models.yolo.forward import Forward
from models.yolo.letterbox import letterbox, restore
from pipelines.detections import LOWEST_SCORE, Detections, Image, Stage, run_stages
from pipelines.postprocessing.calibration import UNCALIBRATED, Calibration
from pipelines.postprocessing.nms import suppress
from pipelines.system.loading import LoadingError


@dataclass(frozen=True, eq=False)
class Letterboxed:
    """A picture for the network and the way back: scales and the image's height and width."""

    picture: NDArray[np.uint8]
    scales: NDArray[np.float64]
    image_hw: tuple[int, int]

    @property
    def width_px(self) -> float:
        """How much of the picture's width the image takes; the rest is grey."""
        return float(self.scales[0] * self.image_hw[1])

    def mirrored(self) -> NDArray[np.uint8]:
        """Return the picture with the image's left and right changed, the grey where it was."""
        turned, width = self.picture.copy(), round(self.width_px)
        turned[:, :width] = self.picture[:, :width][:, ::-1]
        return turned


@dataclass(frozen=True, eq=False)
class Answered:
    """The network's raw answers, ``(A, 4 + C)``, and the picture they are about.

    ``mirrored`` are those about the mirrored picture, None where it was not looked at.
    """

    outputs: NDArray[np.float32]
    letterboxed: Letterboxed
    mirrored: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Decoded:
    """Boxes in the image's pixels before NMS, their scores and labels."""

    boxes: Boxes
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class YoloDetector:
    """A trained network with all that stands between pixels and boxes.

    Attributes:
        forward: the compiled network.
        input_hw: height and width of its input in pixels.
        classes: class names in label order.
        nms_iou: detections of one class that overlap more are one.
        voting_iou: boxes of its class that overlap a detection so much say where it is; 1 for none.
        limit: most detections an image.
        flip_test: looks at each picture mirrored as well.
        jobs: threads that a batch is spread over.
        calibration: of the scores, the last step.
    """

    forward: Forward
    input_hw: tuple[int, int]
    classes: tuple[str, ...]
    nms_iou: float
    voting_iou: float
    limit: int
    flip_test: bool = False
    jobs: int = 1
    calibration: Calibration = UNCALIBRATED

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The named steps whose composition is `detect`."""
        return (
            Stage("letterbox", self._letterbox),
            Stage("network", self._network),
            Stage("decode", self._decode),
            Stage("nms", self._nms),
        )

    def detect(self, image: Image) -> Detections:
        """Return what is in an ``(H, W, 3)`` uint8 RGB image, best score first."""
        return run_stages(self.stages, image)

    def detect_batch(self, images: Sequence[Image]) -> list[Detections]:
        """Return what `detect` does of each image; the network takes all of them in one call."""
        with ThreadPoolExecutor(self.jobs) as pool:
            pictures = list(pool.map(self._letterbox, images))
            looks = [self.forward.many(np.stack([each.picture for each in pictures]))]
            if self.flip_test:
                looks.append(self.forward.many(np.stack([each.mirrored() for each in pictures])))
            answered = map(Answered, looks[0], pictures, *looks[1:])
            decoded = pool.map(self._decode, answered)
            return list(pool.map(self._nms, decoded))

    def calibrated(self, calibration: Calibration) -> YoloDetector:
        """Return the same detector with another last step."""
        return replace(self, calibration=calibration)

    def _letterbox(self, image: Image) -> Letterboxed:
        picture, scales = letterbox(image, self.input_hw)
        return Letterboxed(picture, scales, (image.shape[0], image.shape[1]))

    def _network(self, letterboxed: Letterboxed) -> Answered:
        mirrored = self.forward(letterboxed.mirrored()) if self.flip_test else None
        return Answered(self.forward(letterboxed.picture), letterboxed, mirrored)

    def _decode(self, answered: Answered) -> Decoded:
        letterboxed = answered.letterboxed
        looks = [self._candidates(answered.outputs)]
        if answered.mirrored is not None:
            looks.append(self._candidates(answered.mirrored))
            turned = looks[1][0]
            turned[:, [0, 2]] = letterboxed.width_px - turned[:, [2, 0]]
        boxes, scores, labels = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        boxes = restore(boxes, letterboxed.scales, letterboxed.image_hw)
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # some lie wholly in the grey border
        return Decoded(boxes[real], scores[real], labels[real])

    def _candidates(
        self, outputs: NDArray[np.float32]
    ) -> tuple[Boxes, NDArray[np.float64], NDArray[np.int64]]:
        """Return the boxes in the picture's pixels, scores and labels that one look gives."""
        if not np.isfinite(outputs.sum()):  # it would look as if there were nothing
            raise LoadingError(
                "the network answers with numbers that are not finite; copy its folder again from "
                "its run or train it again"
            )
        return decode(outputs, self.input_hw, LOWEST_SCORE)

    def _nms(self, decoded: Decoded) -> Detections:
        found = suppress(
            decoded.boxes,
            decoded.scores,
            decoded.labels,
            iou_threshold=self.nms_iou,
            score_threshold=LOWEST_SCORE,
            limit=self.limit,
            voting_iou=self.voting_iou,
        )
        return self.calibration.rescored(found)
