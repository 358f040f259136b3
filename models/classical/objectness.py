"""How likely a box holds any object at all, and where that object is: linear in a coarse view.

In the spirit of BING (Cheng et al. 2014) and of the region proposal network (Ren et al. 2015): a
box is seen with a quarter of its sides around it, as 6 × 6 cells of nine orientations and a mean
colour. One hyperplane ranks boxes, four more move them onto what they half show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from datasets.boxes import Boxes
from models.classical.box_regression import apply_steps, steps_to
from models.classical.channels import BINS, COLOURS, Channels, cells
from models.classical.hog import Features, widened

CELLS, CONTEXT = 6, 0.25  # the box itself is 4 × 4 of the cells
GRADIENTS = CELLS * CELLS * BINS
LENGTH = CELLS * CELLS * (BINS + COLOURS)
LEAST_STRENGTH = 0.05  # added to a box's length of gradients: what is flat stays flat
STRENGTH = 30.0  # of the ridge that moves boxes


@dataclass(frozen=True, eq=False)
class Objectness:
    """Hyperplanes over a box's coarse view.

    Attributes:
        weights: ``(LENGTH, 5)`` float32: to the log odds of an object, and to the steps of x, y,
            width and height.
        bias: ``(5,)`` float32.
    """

    weights: Features
    bias: Features

    def score(self, views: Features) -> NDArray[np.float32]:
        """Return the ``(N,)`` log odds of an object for ``(N, LENGTH)`` views."""
        return np.asarray(views @ self.weights[:, 0] + self.bias[0], np.float32)

    def score_and_refine(self, views: Features, boxes: Boxes) -> tuple[NDArray[np.float32], Boxes]:
        """Return the ``(N,)`` log odds, and the ``(N, 4)`` boxes moved towards their objects."""
        values = views @ self.weights + self.bias
        return values[:, 0], apply_steps(boxes, values[:, 1:].astype(np.float64))


def view(levels: Channels, boxes: Boxes) -> Features:
    """Return the ``(N, LENGTH)`` coarse views of boxes.

    Gradients are divided by their length in the view, so that contrast does not matter.
    """
    gradients, colours = cells(levels, widened(boxes, CONTEXT), CELLS, CELLS)
    flat = gradients.reshape(len(boxes), GRADIENTS)
    flat /= np.sqrt(np.einsum("ij,ij->i", flat, flat))[:, None] + np.float32(LEAST_STRENGTH)
    return np.concatenate([flat, colours.reshape(len(boxes), LENGTH - GRADIENTS)], axis=1)


def score_grid(objectness: Objectness, gradients: Features, colours: Features) -> Features:
    """Return the log odds of all boxes of 4 × 4 cells, a quarter of their size apart.

    The same as `Objectness.score` of their `view`, without making the views: a hyperplane slides
    over the ``(R, C, 9)`` and ``(R, C, 3)`` cells that neighbours share. The log odds are
    ``(R - 5, C - 5)`` float32; one may be 0 and the array empty.
    """
    weights, bias = objectness.weights[:, 0], objectness.bias[0]
    slope = _slide(gradients, weights[:GRADIENTS].reshape(CELLS, CELLS, BINS))
    hue = _slide(colours, weights[GRADIENTS:].reshape(CELLS, CELLS, COLOURS))
    energy = np.einsum("rci,rci->rc", gradients, gradients)[..., None]
    lengths = np.sqrt(_slide(energy, np.ones((CELLS, CELLS, 1), np.float32)))
    return np.asarray(slope / (lengths + np.float32(LEAST_STRENGTH)) + hue + bias, np.float32)


def _slide(grid: Features, weights: Features) -> Features:
    """Return the ``(R - 5, C - 5)`` products of weights with the grid below them."""
    rows, columns = max(grid.shape[0] - CELLS + 1, 0), max(grid.shape[1] - CELLS + 1, 0)
    each = grid @ weights.reshape(-1, weights.shape[2]).T  # (R, C, 36)
    total = np.zeros((rows, columns), np.float32)
    for place in range(CELLS * CELLS):
        down, right = divmod(place, CELLS)
        total += each[down : down + rows, right : right + columns, place]
    return total


def fit_objectness(
    views: Features, overlaps: NDArray[np.float64], boxes: Boxes, targets: Boxes, seed: int
) -> Objectness:
    """Return the hyperplanes of boxes on objects and of boxes beside them.

    Args:
        views: ``(N, LENGTH)`` of the boxes.
        overlaps: ``(N,)`` largest IoU with an object: from .6 on a box is on it and below .4
            beside it; between, it only teaches where the object is.
        boxes: ``(N, 4)``.
        targets: ``(N, 4)`` the objects they overlap.
        seed: of the solver.
    """
    weights, bias = np.zeros((LENGTH, 5), np.float32), np.zeros(5, np.float32)
    on, beside = overlaps >= 0.6, overlaps < 0.4
    if on.any() and beside.any():
        sure = on | beside
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=200, random_state=seed)
        model.fit(views[sure], on[sure])
        weights[:, 0], bias[0] = model.coef_[0], model.intercept_[0]
    near = overlaps >= 0.4
    if near.sum() >= 20:
        ridge = Ridge(STRENGTH).fit(views[near], steps_to(boxes[near], targets[near]))
        weights[:, 1:], bias[1:] = ridge.coef_.T, ridge.intercept_
    return Objectness(weights, bias)
