"""Ridge regression from features to a better box (R-CNN, Girshick et al. 2014, appendix C)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from datasets.boxes import Boxes
from models.classical.hog import Features

LEAST_EXAMPLES = 20  # fewer fit noise: the class's boxes then stay as proposed
STRENGTH = 300.0  # of the ridge; R-CNN's 1000 was for 4096 numbers, HOG has half of them
LARGEST_STEP = 0.5  # of a side or a logarithm: a proposal further off than that is no match


@dataclass(frozen=True, eq=False)
class BoxRegression:
    """Linear maps, one a class.

    Attributes:
        weights: ``(C, D, 4)`` float32 to the steps of x, y, width and height.
        bias: ``(C, 4)`` float32.
    """

    weights: Features
    bias: Features

    def refine(self, boxes: Boxes, labels: NDArray[np.int64], features: Features) -> Boxes:
        """Return the ``(N, 4)`` boxes moved as their class's map says."""
        moved = boxes.copy()
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            steps = features[rows] @ self.weights[label] + self.bias[label]
            moved[rows] = apply_steps(boxes[rows], steps.astype(np.float64))
        return moved


def steps_to(boxes: Boxes, targets: Boxes) -> NDArray[np.float64]:
    """Return the ``(N, 4)`` steps from boxes to targets: centre by size, logarithm of size."""
    sides, wanted = boxes[:, 2:] - boxes[:, :2], targets[:, 2:] - targets[:, :2]
    shift = (targets[:, :2] + targets[:, 2:] - boxes[:, :2] - boxes[:, 2:]) / 2 / sides
    return np.concatenate([shift, np.log(wanted / sides)], axis=1)


def apply_steps(boxes: Boxes, steps: NDArray[np.float64]) -> Boxes:
    """Return the boxes after those steps: the inverse of `steps_to` for steps that are not wild."""
    steps = np.clip(steps, -LARGEST_STEP, LARGEST_STEP)
    sides = boxes[:, 2:] - boxes[:, :2]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 + steps[:, :2] * sides
    halves = sides * np.exp(steps[:, 2:]) / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)


def fit_regression(
    features: NDArray[np.floating],
    boxes: Boxes,
    targets: Boxes,
    labels: NDArray[np.int64],
    classes: int,
) -> BoxRegression:
    """Return the maps from ``(N, 4)`` proposals to the ``(N, 4)`` objects they overlap.

    The features are ``(N, D)``, of any float type; other labels than ``0 … C-1`` are left out.
    """
    weights = np.zeros((classes, features.shape[1], 4), np.float32)
    bias = np.zeros((classes, 4), np.float32)
    for label in range(classes):
        mine = labels == label
        if mine.sum() < LEAST_EXAMPLES:
            continue
        some = features[mine].astype(np.float32, copy=False)
        ridge = Ridge(STRENGTH).fit(some, steps_to(boxes[mine], targets[mine]))
        weights[label], bias[label] = ridge.coef_.T, ridge.intercept_
    return BoxRegression(weights, bias)
