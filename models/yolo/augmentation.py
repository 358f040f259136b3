"""Training pictures: each placed, flipped, scaled and recoloured by chance, one or four at a time.

Boxes go through the very matrix that moves the pixels, so they stay exact.
"""

from __future__ import annotations

from collections.abc import Set

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.boxes import area, clip
from models.yolo.letterbox import GREY
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import HORIZONTAL, TRANSPOSE, VERTICAL, Picture, Sample

# A box to be found that is cut to less of its area is left out, and so is one that became thinner.
VISIBLE, SMALLEST_PX = 0.3, 2.0


def plain(sample: Sample, picture_hw: tuple[int, int]) -> Sample:
    """Return the sample scaled to fit into the top left corner, as in detection."""
    height, width = sample.picture.shape[:2]
    factor = min(picture_hw[0] / height, picture_hw[1] / width)
    canvas = np.full((*picture_hw, 3), GREY, dtype=np.uint8)
    matrix = np.array([[factor, 0.0, 0.0], [0.0, factor, 0.0]])
    return _paint(canvas, sample, matrix)


def augmented(
    samples: list[Sample],
    picture_hw: tuple[int, int],
    settings: YoloSettings,
    flips: Set[str],
    random: Generator,
) -> Sample:
    """Return one training picture made of one sample, or of four around a random middle.

    Args:
        samples: one or four.
        picture_hw: height and width of the result.
        settings: how far scale and colours go.
        flips: which of `symmetry.MIRRORINGS` happen, each half the time.
        random: the only source of chance.
    """
    height, width = picture_hw
    canvas = np.full((height, width, 3), GREY, dtype=np.uint8)
    if len(samples) == 1:
        regions = [(0, 0, width, height)]
    else:  # mosaic (YOLOv4, Bochkovskiy et al. 2020, §3.3)
        x, y = (int(side * random.uniform(0.3, 0.7)) for side in (width, height))
        regions = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
    parts = []
    for (left, top, right, bottom), sample in zip(regions, samples, strict=True):
        region = canvas[top:bottom, left:right]
        matrix = _placement(sample, picture_hw, region, len(samples) > 1, settings, flips, random)
        part = _paint(region, sample, matrix)
        parts.append(part._replace(boxes=part.boxes + np.array([left, top, left, top])))
    return Sample(
        np.asarray(cv2.LUT(canvas, _colour_table(settings.jitter, random)), np.uint8),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.ignore for part in parts]),
    )


def _placement(
    sample: Sample,
    picture_hw: tuple[int, int],
    region: Picture,
    mosaic: bool,
    settings: YoloSettings,
    flips: Set[str],
    random: Generator,
) -> NDArray[np.float64]:
    """Return the ``(2, 3)`` matrix from the sample's pixels to the region's."""
    height, width = sample.picture.shape[:2]
    matrix = np.eye(3)
    if HORIZONTAL in flips and random.random() < 0.5:
        matrix[0] = [-1, 0, width]
    if VERTICAL in flips and random.random() < 0.5:
        matrix[1] = [0, -1, height]
    if TRANSPOSE in flips and random.random() < 0.5:
        matrix = matrix[[1, 0, 2]]
        height, width = width, height
    fit = min(picture_hw[0] / height, picture_hw[1] / width)
    low = 0.75 if mosaic else 1.0  # four pictures show more if each is a little smaller
    factor = fit * low * np.exp(random.uniform(-1, 1) * np.log1p(settings.scale))
    free = np.array([region.shape[1] - width * factor, region.shape[0] - height * factor])
    placed: NDArray[np.float64] = factor * matrix[:2]
    placed[:, 2] += random.uniform(0, 1, 2) * free
    return placed


def _paint(region: Picture, sample: Sample, matrix: NDArray[np.float64]) -> Sample:
    """Draw the picture into the region in place and return it with the boxes still seen there."""
    height, width = region.shape[:2]
    # Boxes are edges, warpAffine counts pixel centres: half a pixel each way.
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    cv2.warpAffine(sample.picture, centred, (width, height), dst=region, borderValue=(GREY,) * 3)
    corners = sample.boxes.reshape(-1, 2, 2) @ matrix[:, :2].T + matrix[:, 2]
    moved = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    seen = clip(moved, width, height)
    sides = seen[:, 2:] - seen[:, :2]
    keep = (area(seen) >= VISIBLE * area(moved)) & (sides.min(axis=1, initial=1e9) >= SMALLEST_PX)
    keep |= sample.ignore & (area(seen) > 0)
    return Sample(region, seen[keep], sample.labels[keep], sample.ignore[keep])


def _colour_table(jitter: float, random: Generator) -> Picture:
    """Return a ``(256, 1, 3)`` look-up table: a gain, an offset, a tint."""
    gain = 1 + random.uniform(-jitter, jitter) + random.uniform(-jitter, jitter, 3) / 3
    offset = random.uniform(-jitter, jitter) * 100
    levels = np.arange(256)[:, None] * gain + offset
    return np.clip(levels, 0, 255).astype(np.uint8)[:, None, :]
