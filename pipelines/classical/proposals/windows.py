"""Sliding windows of the shapes that the training boxes have, ranked by objectness."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from datasets.boxes import Boxes, clip
from models.classical.channels import Channels, between, by_level
from models.classical.hog import Features
from models.classical.objectness import CELLS, Objectness, score_grid

STEPS = 4  # windows are a quarter of their size apart
AROUND = (CELLS - STEPS) // 2  # cells of context
LEAST_VISIBLE = 0.5  # of a window that reaches out of the image
LEAST_STEP_PX = 2.0  # windows of a few pixels are not tried at every pixel


def fit_shapes(sizes: NDArray[np.float64], count: int, seed: int) -> NDArray[np.float64]:
    """Return at most ``count`` typical widths and heights, ``(K, 2)``.

    As in ``sizes``, ``(N, 2)`` of the training boxes, they are shares of the image's longer side.
    """
    logs = np.log(np.maximum(sizes, 1e-3))
    count = min(count, len(np.unique(logs.round(6), axis=0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct boxes than clusters
        found = KMeans(count, n_init=4, random_state=seed).fit(logs).cluster_centers_
    order = np.argsort(found.sum(axis=1), kind="stable")
    return np.asarray(np.exp(found[order]))


def all_windows(
    levels: Channels, width: int, height: int, shapes: NDArray[np.float64]
) -> Iterator[tuple[Boxes, Features, Features]]:
    """Yield, for each of the `fit_shapes`, windows a quarter of it apart and the cells they share.

    Yields:
        ``(r, c, 4)`` windows in the image's pixels, not cut to it, and ``(r + 5, c + 5, 9)`` and
        ``(r + 5, c + 5, 3)`` cells of gradients and colours.
    """
    longer = max(width, height)
    for shape in shapes * longer:
        step_x, step_y = np.maximum(shape / STEPS, LEAST_STEP_PX)
        # The first and the last window reach half out of the image.
        left, top = -STEPS // 2 * step_x, -STEPS // 2 * step_y
        across, down = int(np.ceil(width / step_x)) + 1, int(np.ceil(height / step_y)) + 1
        xs = left + step_x * np.arange(-AROUND, across + STEPS + AROUND)
        ys = top + step_y * np.arange(-AROUND, down + STEPS + AROUND)
        box = np.array([[0.0, 0.0, step_x, step_y]])
        ((level, _),) = by_level(levels, box, 1, 1)
        gradients, colours = between(level, xs[None] * level.scale[0], ys[None] * level.scale[1])
        x1, y1 = np.meshgrid(xs[AROUND : AROUND + across], ys[AROUND : AROUND + down])
        windows = np.stack([x1, y1, x1 + STEPS * step_x, y1 + STEPS * step_y], axis=2)
        yield windows, gradients[0], colours[0]


def best_windows(
    levels: Channels,
    width: int,
    height: int,
    shapes: NDArray[np.float64],
    objectness: Objectness,
    limit: int,
) -> tuple[Boxes, NDArray[np.float32]]:
    """Return the ``(N, 4)`` windows with the highest log odds, cut to the image, best first."""
    boxes, scores = [np.zeros((0, 4))], [np.zeros(0, np.float32)]
    for windows, gradients, colours in all_windows(levels, width, height, shapes):
        found = score_grid(objectness, gradients, colours).ravel()
        some = np.argsort(-found, kind="stable")[:limit]
        boxes.append(windows.reshape(-1, 4)[some])
        scores.append(found[some])
    every, seen = visible(np.concatenate(boxes), width, height)
    log_odds = np.concatenate(scores)[seen]
    best = np.argsort(-log_odds, kind="stable")[:limit]
    return every[best], log_odds[best]


def visible(windows: Boxes, width: int, height: int) -> tuple[Boxes, NDArray[np.bool_]]:
    """Return the windows that are at least half in the image, cut to it, and which they are."""
    cut = clip(windows, width, height)
    whole = (windows[:, 2:] - windows[:, :2]).prod(axis=1)
    seen = (cut[:, 2:] - cut[:, :2]).prod(axis=1) >= LEAST_VISIBLE * whole
    return cut[seen], seen
