"""Crops to numbers: histograms of oriented gradients (Dalal & Triggs 2005) and a colour layout."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes

Features = NDArray[np.float32]

CELL_PX, BLOCK_PX, BINS = 8, 16, 9
WINDOW_PX = 64  # side of the crop once resized: 7 × 7 blocks of 36 numbers
COLOUR_CELLS = 4  # the colour layout is the mean colour of 4 × 4 parts
COLOUR_SPREAD = 64.0  # of Lab values: makes colours about as long a vector as the gradients


def hog_descriptor(window_px: int = WINDOW_PX) -> cv2.HOGDescriptor:
    """Return OpenCV's HOG with unsigned orientations for square windows of that side."""
    return cv2.HOGDescriptor(
        (window_px, window_px), (BLOCK_PX, BLOCK_PX), (CELL_PX, CELL_PX), (CELL_PX, CELL_PX), BINS
    )


def crop(
    image: NDArray[np.uint8], box: NDArray[np.float64], context: float, window_px: int
) -> NDArray[np.uint8]:
    """Return the box with its surroundings as a square of that side.

    Args:
        image: ``(H, W, 3)`` uint8.
        box: ``(4,)`` xyxy pixels; what reaches beyond the image repeats its border.
        context: of the box's sides, added on each side.
        window_px: side of the result.
    """
    x1, y1, x2, y2 = box
    pad_x, pad_y = context * (x2 - x1), context * (y2 - y1)
    left, top = int(np.floor(x1 - pad_x)), int(np.floor(y1 - pad_y))
    right = max(int(np.ceil(x2 + pad_x)), left + 1)
    bottom = max(int(np.ceil(y2 + pad_y)), top + 1)
    height, width = image.shape[:2]
    inside = image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    if inside.shape[0] < bottom - top or inside.shape[1] < right - left:
        beyond = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
        inside = np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE), np.uint8)
    shrinking = inside.shape[0] > 2 * window_px or inside.shape[1] > 2 * window_px
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (window_px, window_px), interpolation=how), np.uint8)


def describe(image: NDArray[np.uint8], boxes: Boxes, *, context: float, colour: bool) -> Features:
    """Return the ``(N, D)`` float32 description of each box; D is `length` of ``colour``.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        boxes: ``(N, 4)`` xyxy pixels.
        context: of a box's sides, seen with it on each side.
        colour: whether the colour layout follows the HOG.
    """
    hog = hog_descriptor()
    described = np.empty((len(boxes), length(colour)), np.float32)
    for row, box in enumerate(boxes):
        window = crop(image, box, context, WINDOW_PX)
        gradients = np.asarray(hog.compute(window))
        described[row, : gradients.size] = gradients
        if colour:
            described[row, gradients.size :] = colour_layout(window)
    return described


def length(colour: bool) -> int:
    """Return how many numbers describe a box."""
    layout = 3 * COLOUR_CELLS**2 if colour else 0
    return int(hog_descriptor().getDescriptorSize()) + layout


def colour_layout(window: NDArray[np.uint8]) -> Features:
    """Return the ``(48,)`` mean Lab colours of 4 × 4 parts, about as large as HOG's numbers."""
    small = cv2.resize(window, (COLOUR_CELLS, COLOUR_CELLS), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    return np.asarray((lab.ravel() - 128.0) / COLOUR_SPREAD, np.float32)
