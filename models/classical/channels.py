"""Gradients and colours summed over any rectangle at once: integral channels (Dollár et al. 2009).

An image is turned into nine channels of gradient strength, one an orientation, the same of those
gradients alone that point into the first half turn, and the three of Lab, at several sizes. Of each
its integral image is kept, so that four numbers give what a cell of a histogram holds, however
large the cell is and however many boxes ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes

BINS, COLOURS = 9, 3
SIGNED_BINS = 2 * BINS  # dark to light and light to dark apart
CELL_PX = 8  # a cell is read from the size of the image at which it is nearest to this
SMALLEST_PX = 16  # shorter side of the smallest size of the image
STRENGTH_SCALE = 4.0  # of OpenCV's gradients, which reach 255: what is above 64 counts as 64

Image = NDArray[np.uint8]
Cells = NDArray[np.float32]
_GRADIENTS = cv2.HOGDescriptor(
    (16, 16), (16, 16), (8, 8), (8, 8), SIGNED_BINS, _gammaCorrection=False, _signedGradient=True
)


@dataclass(frozen=True, eq=False)
class Level:
    """The integral images at one size.

    Attributes:
        scale: ``(4,)`` pixels of this size for one of the image, as x, y, x, y.
        gradients: ``(h + 1, w + 1, 9)`` int32, whichever way they point.
        forward: ``(h + 1, w + 1, 9)`` int32, those from 0° to 180°.
        colours: ``(h + 1, w + 1, 3)`` int32.
    """

    scale: NDArray[np.float64]
    gradients: NDArray[np.int32]
    forward: NDArray[np.int32]
    colours: NDArray[np.int32]


Channels = tuple[Level, ...]  # each half as large as the one before


def channels(image: Image) -> Channels:
    """Return the channels of an ``(H, W, 3)`` uint8 RGB image, the largest size first."""
    levels, height, width = [], image.shape[0], image.shape[1]
    small = image
    while True:
        scale = np.tile([small.shape[1] / width, small.shape[0] / height], 2)
        lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8)
        sums = [np.asarray(cv2.integral(part), np.int32) for part in (*orientations(small), lab)]
        levels.append(Level(scale, *sums))
        if min(small.shape[:2]) < 2 * SMALLEST_PX:
            return tuple(levels)
        half = (small.shape[1] // 2, small.shape[0] // 2)
        small = np.asarray(cv2.resize(small, half, interpolation=cv2.INTER_AREA), np.uint8)


def orientations(image: Image) -> tuple[Image, Image]:
    """Return ``(H, W, 9)`` uint8 gradient strengths, each shared by two orientations, and a part.

    Of the colours the one with the steepest gradient counts. Values are not square roots, as Dalal
    & Triggs (2005) found best: cutting steep edges served BCCD and the cards better. In the first,
    180° apart is the same edge; the second has only those that point into the first half turn.
    """
    strengths = np.empty((*image.shape[:2], 2), np.float32)
    bins = np.empty((*image.shape[:2], 2), np.uint8)
    _GRADIENTS.computeGradient(image, strengths, bins)
    values = cv2.convertScaleAbs(strengths, alpha=STRENGTH_SCALE).reshape(-1, 2)
    back = bins.reshape(-1, 2) >= BINS
    indices = (bins.reshape(-1, 2) - back * np.uint8(BINS)).astype(np.int32)
    indices += np.arange(len(indices), dtype=np.int32)[:, None] * BINS
    every, forward = np.zeros((2, *image.shape[:2], BINS), np.uint8)
    for strength, spread in ((values, every), (values * ~back, forward)):
        for column in range(2):
            spread.reshape(-1)[indices[:, column]] = strength[:, column]
    return every, forward


def cells(levels: Channels, boxes: Boxes, rows: int, columns: int) -> tuple[Cells, Cells]:
    """Return what ``(N, 4)`` xyxy boxes hold, divided into cells; outside the image is nothing.

    Returns:
        ``(N, rows, columns, 9)`` mean gradient strengths and ``(N, rows, columns, 3)`` mean Lab
        values around 0, both float32 and about 1 at most.
    """
    gradients = np.zeros((len(boxes), rows, columns, BINS), np.float32)
    colours = np.zeros((len(boxes), rows, columns, COLOURS), np.float32)
    for level, mine in by_level(levels, boxes, rows, columns):
        gradients[mine], colours[mine] = between(level, *_lines(level, boxes[mine], rows, columns))
    return gradients, colours


def signed_cells(levels: Channels, boxes: Boxes, rows: int, columns: int) -> Cells:
    """Return the ``(N, rows, columns, 18)`` strengths from 0° to 360° of what `cells` divides."""
    found = np.zeros((len(boxes), rows, columns, SIGNED_BINS), np.float32)
    for level, mine in by_level(levels, boxes, rows, columns):
        corners, share = _corners(level, *_lines(level, boxes[mine], rows, columns))
        forward = _sums(level.forward, corners) * share
        back = _sums(level.gradients, corners) * share - forward
        found[mine] = np.concatenate([forward, np.maximum(back, 0)], axis=3)
    return found


def by_level(
    levels: Channels, boxes: Boxes, rows: int, columns: int
) -> Iterator[tuple[Level, NDArray[np.int64]]]:
    """Yield each level with the boxes whose cells have sides of about 8 pixels there."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3) / [columns, rows]
    cell_px = np.maximum(np.sqrt(sides.prod(axis=1)), 1e-3)
    best = np.clip(np.rint(np.log2(cell_px / CELL_PX)), 0, len(levels) - 1)
    for number, level in enumerate(levels):
        mine = np.flatnonzero(best == number)
        if len(mine):
            yield level, mine


def between(level: Level, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> tuple[Cells, Cells]:
    """Return the means between lines: ``(N, c + 1)`` upright and ``(N, r + 1)`` level ones."""
    corners, share = _corners(level, xs, ys)
    gradients = _sums(level.gradients, corners) * share
    colours = _sums(level.colours, corners) * share
    colours -= np.float32(128 / 255) * (share > 0)
    return gradients, colours


def _lines(
    level: Level, boxes: Boxes, rows: int, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lines between the boxes' cells: ``(N, c + 1)`` upright, ``(N, r + 1)`` level."""
    scaled = boxes * level.scale
    steps_y, steps_x = np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1)
    ys = scaled[:, 1, None] + steps_y * (scaled[:, 3] - scaled[:, 1])[:, None]
    xs = scaled[:, 0, None] + steps_x * (scaled[:, 2] - scaled[:, 0])[:, None]
    return xs, ys


def _corners(
    level: Level, xs: NDArray[np.float64], ys: NDArray[np.float64]
) -> tuple[NDArray[np.int64], Cells]:
    """Return where lines cross in the integral images, and what makes sums means, 0 for nothing."""
    height, width = level.gradients.shape[0] - 1, level.gradients.shape[1] - 1
    x = np.clip(np.rint(xs), 0, width).astype(np.int64)
    y = np.clip(np.rint(ys), 0, height).astype(np.int64)
    pixels = np.diff(y)[:, :, None] * np.diff(x)[:, None, :]
    share = np.where(pixels > 0, 1.0 / (255.0 * np.maximum(pixels, 1)), 0.0)
    return y[:, :, None] * (width + 1) + x[:, None, :], share.astype(np.float32)[..., None]


def _sums(integral: NDArray[np.int32], corners: NDArray[np.int64]) -> Cells:
    found = integral.reshape(-1, integral.shape[2])[corners]  # (N, r + 1, c + 1, channels)
    down = found[:, 1:] - found[:, :-1]
    return (down[:, :, 1:] - down[:, :, :-1]).astype(np.float32)
