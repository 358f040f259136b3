"""Which pixels mattered, for any detector in the same way: D-RISE (Petsiuk et al., CVPR 2021).

An image is shown many times with parts of it hidden at random; pixels that were visible when the
detection stayed are the ones that mattered. What is hidden has the image's mean colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, iou
from pipelines.detections import Detections, Image

GRID, SEEN = 16, 0.5  # D-RISE's: cells a side of a mask, and the share of them that is shown
BATCH = 8  # masked images detected in together

Saliency = NDArray[np.float64]  # (H, W), more for pixels that mattered more
DetectMany = Callable[[Sequence[Image]], Sequence[Detections]]


@dataclass(frozen=True, eq=False)
class DetectedBox:
    """The detection that is to be explained.

    Attributes:
        box: ``(4,)`` xyxy pixels.
        label: its class.
    """

    box: NDArray[np.float64]
    label: int

    @property
    def boxes(self) -> Boxes:
        """The box as ``(1, 4)``."""
        return self.box[None]

    @property
    def area_px(self) -> float:
        """Square pixels of the box."""
        return float(np.prod(self.box[2:] - self.box[:2]))


def target_score(found: Detections, target: DetectedBox) -> float:
    """Return how much of a detection is still there: best score by IoU of its class, 0 for none."""
    mine = found.labels == target.label
    overlap = iou(target.boxes, found.boxes[mine])[0]
    return float((overlap * found.scores[mine]).max(initial=0.0))


def mask(image_hw: tuple[int, int], seed: int, number: int) -> NDArray[np.float32]:
    """Return a smooth ``(H, W)`` mask, 1 where the image is shown and 0 where it is hidden."""
    random = np.random.default_rng((seed, number))
    height, width = image_hw
    cells = (random.random((GRID + 1, GRID + 1)) < SEEN).astype(np.float32)
    high, wide = -(-height // GRID), -(-width // GRID)
    large = cv2.resize(
        cells, ((GRID + 1) * wide, (GRID + 1) * high), interpolation=cv2.INTER_LINEAR
    )
    top, left = random.integers(high), random.integers(wide)
    return np.asarray(large[top : top + height, left : left + width], np.float32)


def hidden(image: Image, shown: NDArray[np.float32] | NDArray[np.bool_]) -> Image:
    """Return the image with its mean colour where ``(H, W)`` is 0."""
    mean = image.reshape(-1, 3).mean(axis=0)
    mixed = mean + shown[..., None] * (image - mean)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def drise(
    detect_many: DetectMany,
    image: Image,
    targets: Sequence[DetectedBox],
    masks: Sequence[int],
    seed: int,
) -> list[Saliency]:
    """Return each target's saliency from the masks of those numbers.

    A mask counts by how much of the detection it left, less the mean of all masks, which takes
    away what chance alone would give.
    """
    hw = (image.shape[0], image.shape[1])
    left = np.zeros((len(masks), len(targets)))
    for start in range(0, len(masks), BATCH):
        some = masks[start : start + BATCH]
        for row, found in enumerate(detect_many([hidden(image, mask(hw, seed, n)) for n in some])):
            left[start + row] = [target_score(found, target) for target in targets]
    weights = left - left.mean(axis=0)
    total = np.zeros((len(targets), *hw))
    for number, weight in zip(masks, weights, strict=True):
        total += weight[:, None, None] * mask(hw, seed, number)
    return list(total / len(masks))
