"""Features in which a linear SVM is one with a Gaussian kernel, by Nyström's approximation.

Williams & Seeger (2001): a box is described by its likeness to a few landmarks, drawn from the
training examples, and those likenesses are turned so that their products are the kernel's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_approximation import Nystroem

DRAWN = 2000  # examples that the kernel's width is taken from


@dataclass(frozen=True, eq=False)
class KernelMap:
    """What turns D features into M.

    Attributes:
        landmarks: ``(M, D)`` float32.
        turn: ``(M, M)`` float32, the inverse root of the landmarks' kernel.
        gamma: ``()`` float32 of the kernel, exp(-gamma · distance²).
        stretch: ``()`` float32: makes the mapped features as long as the given ones are in the
            mean, so that the SVM's C means the same for both.
    """

    landmarks: NDArray[np.float32]
    turn: NDArray[np.float32]
    gamma: NDArray[np.float32]
    stretch: NDArray[np.float32]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the ``(N, M)`` float32 map of ``(N, D)`` features."""
        likeness = np.exp(-self.gamma * _squares(features, self.landmarks))
        return np.asarray(likeness @ self.turn * self.stretch, np.float32)


def fit_map(features: NDArray[np.float32], landmarks: int, seed: int) -> KernelMap:
    """Return the map with landmarks drawn from ``(N, D)`` float32 features.

    The kernel falls to 1/e at the examples' median distance.
    """
    random = np.random.default_rng(seed)
    some = features[random.permutation(len(features))[:DRAWN]]
    gamma = 1.0 / max(float(np.median(_squares(some, some))), 1e-6)
    count = min(landmarks, len(features))
    fitted = Nystroem(gamma=gamma, n_components=count, random_state=seed).fit(features)
    plain = KernelMap(
        np.asarray(fitted.components_, np.float32),
        np.asarray(fitted.normalization_.T, np.float32),
        np.array(gamma, np.float32),
        np.array(1.0, np.float32),
    )
    given, mapped = (np.mean(np.square(each).sum(axis=1)) for each in (some, plain(some)))
    stretch = np.array(np.sqrt(given / max(float(mapped), 1e-12)), np.float32)
    return KernelMap(plain.landmarks, plain.turn, plain.gamma, stretch)


def _squares(features: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ``(N, M)`` squared distances."""
    lengths, theirs = (np.einsum("ij,ij->i", each, each) for each in (features, others))
    squares = lengths[:, None] + theirs - 2 * (features @ others.T)
    return np.asarray(np.maximum(squares, 0), np.float32)
