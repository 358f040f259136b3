"""Sliding windows of the shapes that the training boxes have, ranked by objectness."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from datasets.boxes import Boxes, clip
from models.objectness import CELL_PX, CELLS, WINDOW_PX, cells, window_features
from pipelines.detections import Image

WORKING_PX = 640  # longer side of the image that is searched: bounds time and memory
LARGEST_GRID_PX = 1024  # longer side of an image resized for the smallest windows
BORDER = CELLS // 2  # cells added around, for objects that the frame cuts
LEAST_VISIBLE = 0.5  # of a window that reaches out of the image


def fit_shapes(sizes: NDArray[np.float64], count: int, seed: int) -> NDArray[np.float64]:
    """Return the ``(K, 2)`` typical widths and heights, as shares of the image's longer side.

    Args:
        sizes: ``(N, 2)`` widths and heights of the training boxes, as the same shares.
        count: most shapes wanted.
        seed: of the clustering.
    """
    logs = np.log(np.maximum(sizes, 1e-3))
    count = min(count, len(np.unique(logs.round(6), axis=0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct boxes than clusters
        found = KMeans(count, n_init=4, random_state=seed).fit(logs).cluster_centers_
    order = np.argsort(found.sum(axis=1), kind="stable")
    return np.asarray(np.exp(found[order]))


def all_windows(
    image: Image, shapes: NDArray[np.float64]
) -> Iterator[tuple[Boxes, NDArray[np.float32]]]:
    """Yield, for each shape, its windows at a quarter of its size apart, and their features.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        shapes: ``(K, 2)`` from `fit_shapes`.

    Yields:
        ``(N, 4)`` boxes in the image's pixels, cut to it, and ``(N, LENGTH)`` features.
    """
    height, width = image.shape[:2]
    longer = max(height, width)
    for share_x, share_y in shapes:
        # Resized so that a window of this shape is 32 × 32 pixels.
        scale_x = min(WINDOW_PX / (share_x * longer), LARGEST_GRID_PX / longer)
        scale_y = min(WINDOW_PX / (share_y * longer), LARGEST_GRID_PX / longer)
        columns = max(1, round(width * scale_x / CELL_PX))
        rows = max(1, round(height * scale_y / CELL_PX))
        small = cv2.resize(image, (columns * CELL_PX, rows * CELL_PX), interpolation=cv2.INTER_AREA)
        grid = cells(np.asarray(small, np.uint8))
        grid = np.pad(grid, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="edge")
        across, down = grid.shape[1] - CELLS + 1, grid.shape[0] - CELLS + 1
        if across < 1 or down < 1:
            continue
        ys, xs = np.mgrid[:down, :across]
        left_top = np.stack([xs.ravel(), ys.ravel()], axis=1) - BORDER
        cell = np.array([width / columns, height / rows])
        boxes = np.concatenate([left_top * cell, (left_top + CELLS) * cell], axis=1)
        cut = clip(boxes, width, height)
        whole = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        seen = (cut[:, 2:] - cut[:, :2]).prod(axis=1) >= LEAST_VISIBLE * whole
        yield cut[seen], window_features(grid)[seen]
