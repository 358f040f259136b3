"""Candidate boxes from GrabCut (Rother et al. 2004): whole-image cuts, split into objects.

The image is cut at reduced sizes from two seeds, and each mask is split at several levels of its
distance transform, so that objects which touch are separated. Cuts start from a mask with a sure
core: started from a rectangle, GrabCut collapses to nothing on small objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, as_boxes
from pipelines.detections import Image

LEVELS = (0.0, 0.06, 0.12, 0.2, 0.3, 0.42, 0.56)  # of the mask's deepest point, where it is split
LEAST_SIDE_PX = 3  # of a part, in the reduced image
CORE_SHARE = 0.4  # of a seed box's sides, around its middle: surely object
LEAST_PIXELS = 64  # of each kind in a start mask: five Gaussians need some to be fitted to

# A reduced image, its start mask, and pixels of the image for one of its own, as x, y, x, y.
Start = tuple[Image, NDArray[np.uint8], NDArray[np.float64]]


def grabcut_boxes(
    image: Image, seeds: Boxes, sizes_px: Sequence[int], iterations: int, threads: int = 1
) -> Boxes:
    """Return the ``(N, 4)`` bounding boxes of what GrabCut separates from the background.

    It cuts at each of the ``sizes_px``, of the longer side, starting from the ``(K, 4)`` seeds:
    boxes that likely hold objects, best first.
    """

    def boxes_of(start: Start) -> Boxes:
        small, mask, back = start
        whole = cut(small, mask, iterations)
        return np.concatenate([parts(whole), parts(~whole)]) * back

    # Not joblib: it polls for results every 10 ms, a tenth of what all cuts take.
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate([as_boxes(()), *pool.map(boxes_of, starts(image, seeds, sizes_px))])


def reduced(image: Image, size_px: int) -> tuple[Image, NDArray[np.float64]]:
    """Return the image, its longer side that long at most, and the way back.

    The way back is ``(4,)``: pixels of the given image for one of the reduced one, as x, y, x, y.
    """
    scale = min(1.0, size_px / max(image.shape[:2]))
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.tile([image.shape[1] / width, image.shape[0] / height], 2)


def starts(image: Image, seeds: Boxes, sizes_px: Sequence[int]) -> list[Start]:
    """Return what is cut: at each size, once from the seeds and once from contrast."""
    found = []
    for size_px in sizes_px:
        small, back = reduced(image, size_px)
        found.append((small, seeded_mask(small.shape, seeds / back), back))
        found.append((small, contrast_mask(small), back))
    return found


def cut(image: Image, start: NDArray[np.uint8], iterations: int) -> NDArray[np.bool_]:
    """Return which pixels are object after that many iterations from a start mask.

    Where there is too little of either for colours to be learnt, the start mask is the result.
    OpenCV draws the first centres of the colour models at random; it is seeded here, so that the
    same image gives the same mask.
    """
    kinds = np.asarray(np.isin(start, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    if min(kinds.sum(), (~kinds).sum()) < LEAST_PIXELS:
        return kinds
    mask, models = start.copy(), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(0)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    cv2.grabCut(bgr, mask, (0, 0, 0, 0), *models, iterations, cv2.GC_INIT_WITH_MASK)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD))


def seeded_mask(shape: Sequence[int], seeds: Boxes) -> NDArray[np.uint8]:
    """Return a start mask: seed boxes are probably object, their cores surely."""
    mask = np.full(shape[:2], cv2.GC_PR_BGD, np.uint8)
    for x1, y1, x2, y2 in seeds:
        mask[_span(y1, y2), _span(x1, x2)] = cv2.GC_PR_FGD
    for x1, y1, x2, y2 in seeds:
        inset_x, inset_y = (1 - CORE_SHARE) / 2 * (x2 - x1), (1 - CORE_SHARE) / 2 * (y2 - y1)
        rows, columns = _span(y1 + inset_y, y2 - inset_y), _span(x1 + inset_x, x2 - inset_x)
        mask[rows, columns] = cv2.GC_FGD
    return mask


def contrast_mask(image: Image) -> NDArray[np.uint8]:
    """Return a start mask: what differs most from the median colour is object."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    median = np.median(lab.reshape(-1, 3), axis=0)
    away = np.linalg.norm(lab - median, axis=2)
    top = max(float(away.max()), 1e-6)
    levels = np.asarray(255 * away / top, np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    mask = np.where(levels > level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[levels > (level + 255) / 2] = cv2.GC_FGD
    return mask


def parts(mask: NDArray[np.bool_]) -> Boxes:
    """Return the boxes of the mask's connected parts at several depths, grown back to its edge."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    deepest = float(depth.max())
    found = []
    for level in LEVELS:
        floor = level * deepest
        _, _, stats, _ = cv2.connectedComponentsWithStats((depth > floor).astype(np.uint8))
        left, top, width, height = stats[1:, :4].T.astype(np.float64)
        boxes = np.stack(
            [left - floor, top - floor, left + width + floor, top + height + floor], axis=1
        )
        found.append(boxes[np.minimum(width, height) + 2 * floor >= LEAST_SIDE_PX])
    return np.concatenate(found)


def _span(low: float, high: float) -> slice:
    start = max(int(low), 0)
    return slice(start, max(int(np.ceil(high)), start + 1))
