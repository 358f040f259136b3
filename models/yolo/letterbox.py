"""Fit an image of any size into the network's fixed input, and bring boxes back.

The picture is scaled to fit, put into the top left corner and the rest is left grey; the inverse
is then a division, with no offsets to carry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, clip

GREY = 114
STRIDE = 32  # the deepest of the network; inputs are multiples of it


def input_size(sizes_px: Sequence[tuple[int, int]], longer_px: int) -> tuple[int, int]:
    """Return (height, width) of an input whose shape suits images of those (width, height).

    The longer side is ``longer_px``; the other follows the images' geometric mean shape, so that
    a set of landscapes wastes no pixels on a square and a mixed set gets one.
    """
    aspect = math.exp(float(np.mean([math.log(width / height) for width, height in sizes_px])))
    shorter = longer_px * min(aspect, 1 / aspect)
    shorter_px = min(longer_px, max(STRIDE, STRIDE * round(shorter / STRIDE)))
    return (shorter_px, longer_px) if aspect >= 1 else (longer_px, shorter_px)


def fit(image: NDArray[np.uint8], input_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the image scaled to just fit, at least one pixel high and wide."""
    scale = min(input_hw[0] / image.shape[0], input_hw[1] / image.shape[1])
    height = min(max(1, round(image.shape[0] * scale)), input_hw[0])
    width = min(max(1, round(image.shape[1] * scale)), input_hw[1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def letterbox(
    image: NDArray[np.uint8], input_hw: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the input picture of an ``(H, W, 3)`` uint8 RGB image and what to divide boxes by.

    Returns:
        The ``(*input_hw, 3)`` uint8 picture and ``(4,)`` float64 scales of x1, y1, x2, y2;
        a side of few pixels can't be scaled exactly, so x and y have a scale each.
    """
    small = fit(image, input_hw)
    picture = np.full((*input_hw, 3), GREY, dtype=np.uint8)
    picture[: small.shape[0], : small.shape[1]] = small
    scale_x, scale_y = small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]
    return picture, np.array([scale_x, scale_y, scale_x, scale_y])


def restore(boxes: Boxes, scales: NDArray[np.float64], image_hw: tuple[int, int]) -> Boxes:
    """Return boxes of the input picture in pixels of the image, cut to it."""
    return clip(boxes / scales, image_hw[1], image_hw[0])
