"""One linear SVM a class against all the rest, background included, and their calibration.

Fitted by scikit-learn; what is kept are plain arrays, so that scoring is one matrix product and
saving needs no pickle.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from models.hog import Features

BACKGROUND = -1
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
    features: Features, labels: NDArray[np.int64], classes: int, c: float, seed: int
) -> LinearSvm:
    """Return the SVMs of features with labels, `BACKGROUND` for none; uncalibrated.

    Each class weighs as much as the rest together (``class_weight="balanced"``). A class without
    an example gets a hyperplane that nothing is above.
    """
    weights = np.zeros((features.shape[1], classes), np.float32)
    bias = np.full(classes, NEVER, np.float32)
    for label in range(classes):
        mine = labels == label
        if not mine.any() or mine.all():
            continue
        svm = LinearSVC(
            C=c, class_weight="balanced", dual=True, tol=1e-3, max_iter=300, random_state=seed
        )
        with warnings.catch_warnings():
            # The last digits of the hyperplane are not worth the time they take.
            warnings.simplefilter("ignore", ConvergenceWarning)
            svm.fit(features, mine)
        weights[:, label] = svm.coef_[0]
        bias[label] = svm.intercept_[0]
    ones, zeros = np.ones(classes, np.float32), np.zeros(classes, np.float32)
    return LinearSvm(weights, bias, slope=ones, offset=zeros)


def calibrate(svm: LinearSvm, margins: NDArray[np.float32], labels: NDArray[np.int64]) -> LinearSvm:
    """Return the SVMs with a sigmoid each, fitted on held-out margins (Platt 1999).

    A class with fewer than 5 examples there keeps the plain sigmoid of its margin, moved so that
    the hyperplane scores 0.27: it is rather too modest than too sure.

    Args:
        svm: the hyperplanes.
        margins: ``(N, C)`` of held-out proposals.
        labels: ``(N,)`` what each of them shows, or `BACKGROUND`.
    """
    slope, offset = np.ones_like(svm.slope), np.full_like(svm.offset, -1.0)
    for label in range(margins.shape[1]):
        mine = labels == label
        if mine.sum() < 5 or mine.all():
            continue
        sigmoid = LogisticRegression(C=1e3).fit(margins[:, [label]], mine)
        if sigmoid.coef_[0, 0] > 0:
            slope[label], offset[label] = sigmoid.coef_[0, 0], sigmoid.intercept_[0]
    return LinearSvm(svm.weights, svm.bias, slope, offset)
