"""How likely a window holds any object at all: a linear model of gradients and colours.

In the spirit of BING (Cheng et al. 2014): a window is seen at 32 × 32 pixels, as 4 × 4 cells of
nine orientations and a mean colour, so that all windows of one shape are scored by sliding over one
resized image.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

CELL_PX, CELLS, BINS = 8, 4, 9
WINDOW_PX = CELL_PX * CELLS
LENGTH = CELLS * CELLS * (BINS + 3)

Grid = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Objectness:
    """A hyperplane over window features: ``(LENGTH,)`` float32 weights and a bias."""

    weights: NDArray[np.float32]
    bias: float

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``(N,)`` log odds of being an object for ``(N, LENGTH)`` features."""
        return np.asarray(features @ self.weights + np.float32(self.bias), np.float32)


def cells(image: NDArray[np.uint8]) -> Grid:
    """Return each whole cell's orientation histogram and mean Lab colour.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.

    Returns:
        ``(H // 8, W // 8, 12)`` float32.
    """
    rows, columns = image.shape[0] // CELL_PX, image.shape[1] // CELL_PX
    image = image[: rows * CELL_PX, : columns * CELL_PX]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = cv2.cartToPolar(dx, dy, angleInDegrees=True)
    orientation = (angle * (BINS / 180.0)).astype(np.int64) % BINS  # 180° apart is the same edge
    row_of = np.arange(rows * CELL_PX) // CELL_PX
    column_of = np.arange(columns * CELL_PX) // CELL_PX
    place = (row_of[:, None] * columns + column_of[None, :]) * BINS + orientation
    histogram = np.bincount(place.ravel(), strength.ravel(), rows * columns * BINS)
    mean = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(mean, cv2.COLOR_RGB2LAB).astype(np.float32)
    both = [histogram.reshape(rows, columns, BINS) / (255 * CELL_PX), (lab - 128.0) / 255.0]
    return np.concatenate(both, axis=-1).astype(np.float32)


def window_features(grid: Grid) -> NDArray[np.float32]:
    """Return the features of all 4 × 4 windows of cells, row by row: ``(rows · columns, LENGTH)``.

    Gradients are divided by their length in the window, so that contrast does not matter; what is
    left where there are none is next to nothing.
    """
    views = sliding_window_view(grid, (CELLS, CELLS), axis=(0, 1))  # (R, C, 12, 4, 4)
    flat = views.reshape(-1, BINS + 3, CELLS * CELLS)
    gradients = flat[:, :BINS].reshape(len(flat), -1)
    norms = np.sqrt(np.einsum("ij,ij->i", gradients, gradients))[:, None]
    colours = flat[:, BINS:].reshape(len(flat), -1)
    return np.concatenate([gradients / (norms + 0.05), colours], axis=1)


def fit_objectness(
    features: NDArray[np.float32], is_object: NDArray[np.bool_], seed: int
) -> Objectness:
    """Return the logistic regression of windows on objects and of windows beside them.

    Raises:
        ValueError: there are not both.
    """
    if is_object.all() or not is_object.any():
        raise ValueError("objectness needs windows on objects and windows beside them")
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=200, random_state=seed)
    model.fit(features, is_object)
    return Objectness(model.coef_[0].astype(np.float32), float(model.intercept_[0]))
