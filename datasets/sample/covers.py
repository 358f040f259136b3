"""What stands before or below a sign: leaves, bars, and the pole it hangs on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.sample.photographs import Pixels
from datasets.sample.placement import IntBox, Placed
from datasets.sample.weather import blotches

Alpha = NDArray[np.float32]  # (H, W), 0 to 1


def pole(sign: Placed, side_px: int, random: np.random.Generator) -> tuple[Pixels, Alpha]:
    """Return the grey pole from the sign's middle down out of the image: its colours and alpha."""
    x1, y1, x2, y2 = sign.box()
    half = max(0.6, 0.035 * sign.pose.size_px)
    foot = np.array([(x1 + x2) / 2 - np.tan(sign.pose.roll) * (side_px - y1), side_px + 2])
    head = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    alpha = _strip(head, foot, half, side_px)
    columns = np.arange(side_px, dtype=np.float32)[None, :]
    rows = np.arange(side_px, dtype=np.float32)[:, None]
    middle = head[0] + (foot[0] - head[0]) * (rows - head[1]) / max(foot[1] - head[1], 1.0)
    # Round metal: brightest a little off the middle, dark at both edges.
    shine = 1 - 0.7 * np.clip(np.abs(columns - middle + 0.3 * half) / (1.3 * half), 0, 1)
    grey = random.uniform(0.35, 0.75) * np.array([1.0, 1.0, 0.98], dtype=np.float32)
    return np.asarray(shine[..., None] * grey, dtype=np.float32), alpha


def cover(box: IntBox, side_px: int, random: np.random.Generator) -> Alpha:
    """Return the alpha of something before one side of the box: leaves, or a bar."""
    x1, y1, x2, y2 = box
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    size = max(x2 - x1, y2 - y1)
    angle = random.uniform(0, 2 * np.pi)
    aside = np.array([np.cos(angle), np.sin(angle)])
    if random.random() < 0.35:
        along = np.array([-aside[1], aside[0]]) * side_px * 2  # out of the image at both ends
        centre = middle + aside * size * random.uniform(0.0, 0.4)
        return _strip(centre - along, centre + along, size * random.uniform(0.05, 0.1), side_px)
    centre = middle + aside * size * random.uniform(0.45, 0.65)
    rows, columns = np.mgrid[:side_px, :side_px].astype(np.float32)
    distance = np.hypot(columns - centre[0], rows - centre[1]) / (0.55 * size)
    leaf_px = max(4.0, size / 7)
    # Dense in the middle, a few leaves at the rim, nothing beyond.
    dense = 0.2 - 1.2 * distance**2 + blotches(side_px, side_px, leaf_px, random)
    # The noise rises by about one in a leaf's width, so this makes edges one pixel soft.
    return np.asarray(np.clip(dense * leaf_px, 0, 1), dtype=np.float32)


def _strip(
    start: NDArray[np.float64], end: NDArray[np.float64], half_px: float, side_px: int
) -> Alpha:
    """Return the alpha of a straight strip with smooth edges."""
    along = (end - start) / np.linalg.norm(end - start)
    across = np.array([-along[1], along[0]]) * half_px
    corners = np.array([start + across, end + across, end - across, start - across])
    canvas = np.zeros((side_px, side_px), dtype=np.uint8)
    cv2.fillPoly(canvas, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.asarray(canvas / 255, dtype=np.float32)
