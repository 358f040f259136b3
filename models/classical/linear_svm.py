"""One SVM a class against all the rest, background included, and their calibration.

What is kept are plain arrays, so that scoring is one matrix product and saving needs no pickle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from models.classical.hog import Features

BACKGROUND = -1
STEPS, ENOUGH = 120, 3e-6  # of the solver at most, and the relative gain of a step that ends it
ACTIVE = 0.1  # of the examples that lie within the margin, roughly: they alone curve the loss
CHUNK = 2048  # examples multiplied at a time
NEVER = -20.0  # the margin of a class that training has never seen


@dataclass(frozen=True, eq=False)
class LinearSvm:
    """Hyperplanes of C classes and the sigmoids that make their margins comparable.

    Attributes:
        weights: ``(D, C)`` float32.
        bias: ``(C,)`` float32.
        slope: ``(C,)`` float32, of each class's sigmoid.
        offset: ``(C,)`` float32, of each class's sigmoid.
    """

    weights: Features
    bias: Features
    slope: Features
    offset: Features

    def margins(self, features: Features) -> NDArray[np.float32]:
        """Return the ``(N, C)`` distances from the hyperplanes."""
        return np.asarray(features @ self.weights + self.bias, np.float32)

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Return ``(N, C)`` calibrated scores in [0, 1]."""
        logits = self.margins(features).astype(np.float64) * self.slope + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -50, 50))))


def fit(
    features: Features,
    labels: NDArray[np.int64],
    classes: int,
    c: float,
    start: LinearSvm | None = None,
) -> LinearSvm:
    """Return the SVMs of ``(N, D)`` features with labels, `BACKGROUND` for none; uncalibrated.

    The squared hinge loss of all classes is minimised at once by L-BFGS, in float32: two matrix
    products a step, where a solver that goes through examples one by one takes minutes. It walks
    in centred and whitened features, in which the loss curves alike in all directions: a quarter
    of the steps, to a lower end. Each class weighs as much as the rest together. A class without
    an example gets a hyperplane that nothing is above. ``c`` is how much an example weighs against
    the hyperplane's length, ``start`` an earlier solution of much the same task, to begin at.
    """
    count, size = features.shape
    signs = np.where(labels[:, None] == np.arange(classes), 1.0, -1.0).astype(np.float32)
    positive = (signs > 0).sum(axis=0)
    learnt = (positive > 0) & (positive < count)
    share = count / (2.0 * np.maximum(np.where(signs > 0, positive, count - positive), 1))
    weight = (c * share * learnt).astype(np.float32)
    centre, root, unit = _whitening(features, weight.mean(axis=1))
    towards = solve_triangular(root, np.eye(size, dtype=np.float32), lower=True).T.copy()

    def planes(flat: NDArray[np.float64]) -> tuple[Features, Features]:
        whitened = flat.reshape(size + 1, classes).astype(np.float32)
        weights = towards @ whitened[:-1]
        return weights, whitened[-1] * unit - centre @ weights

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = planes(flat)
        short = np.maximum(1 - signs * (features @ weights + bias), 0)
        pull = weight * short
        length = np.einsum("ij,ij->", weights, weights, dtype=np.float64)
        value = float(0.5 * length + np.einsum("ij,ij->", pull, short, dtype=np.float64))
        pull *= -2 * signs
        lift = pull.sum(axis=0)
        slope = towards.T @ (weights + features.T @ pull - np.outer(centre, lift))
        return value, np.concatenate([slope, lift[None] * unit]).ravel().astype(np.float64)

    begin = np.zeros((size + 1, classes))
    if start is not None:
        begin[:-1] = root.T @ start.weights
        begin[-1] = (start.bias + centre @ start.weights) / unit
        begin[:, ~learnt] = 0.0
    options = {"maxiter": STEPS, "ftol": ENOUGH}
    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
    weights, bias = planes(found.x)
    bias = np.where(learnt, bias, NEVER).astype(np.float32)
    ones, zeros = np.ones(classes, np.float32), np.zeros(classes, np.float32)
    return LinearSvm(weights, bias, slope=ones, offset=zeros)


def _whitening(features: Features, weight: Features) -> tuple[Features, Features, np.float32]:
    """Return the features' weighted mean, the Cholesky root of the loss's curvature, and a unit.

    The curvature, ``I + 2 a Σ w (x - m)(x - m)ᵀ`` with a the share that is active, is that of the
    planes' directions; the unit makes the bias curve as much.
    """
    total = max(float(weight.sum()), 1e-12)
    centre = (weight @ features) / np.float32(total)
    curvature = np.eye(features.shape[1], dtype=np.float32)
    for first in range(0, len(features), CHUNK):
        some = features[first : first + CHUNK] - centre
        curvature += some.T @ (some * (2 * ACTIVE * weight[first : first + CHUNK, None]))
    root = np.linalg.cholesky(curvature)
    return centre, root, np.float32(1 / np.sqrt(2 * ACTIVE * total))


def calibrate(svm: LinearSvm, margins: NDArray[np.float32], labels: NDArray[np.int64]) -> LinearSvm:
    """Return the SVMs with a sigmoid each, fitted on held-out ``(N, C)`` margins (Platt 1999).

    A class with fewer than 5 examples there keeps the plain sigmoid of its margin, moved so that
    the hyperplane scores 0.27: it is rather too modest than too sure.
    """
    slope, offset = np.ones_like(svm.slope), np.full_like(svm.offset, -1.0)
    for label in range(margins.shape[1]):
        mine = labels == label
        if mine.sum() < 5 or mine.all():
            continue
        sigmoid = LogisticRegression(C=1e3).fit(margins[:, [label]], mine)
        if sigmoid.coef_[0, 0] > 0:
            slope[label], offset[label] = sigmoid.coef_[0, 0], sigmoid.intercept_[0]
    return replace(svm, slope=slope, offset=offset)
