"""What the network's numbers mean: a point, and how far the box reaches from it; in numpy.

Every cell of every level answers for the point in its middle with four distances in strides
(left, top, right, bottom = exp(raw), as in FCOS, Tian et al. 2019) and one logit a class. Raw
distances lie between -`LIMIT` and `LIMIT`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
# Of raw distances, within the network: 55 strides are more than a picture, 1/55 less than a pixel.
LIMIT = 4.0
DISTANCES, LOGITS = "distances", "logits"  # outputs of a network whose two kinds are apart
MOST_CANDIDATES = 1000  # pairs of cell and class that go on to NMS


@cache
def grid_points(input_hw: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the ``(A, 2)`` float32 x, y of all cell centres in pixels and their ``(A,)`` strides.

    Cells are ordered by level, finest first, then row by row: as the head gives its answers.
    """
    points, strides = [], []
    for stride in STRIDES:
        rows, columns = input_hw[0] // stride, input_hw[1] // stride
        ys, xs = np.mgrid[:rows, :columns]
        centres = (np.stack([xs.ravel(), ys.ravel()], axis=1) + 0.5) * stride
        points.append(centres.astype(np.float32))
        strides.append(np.full(rows * columns, stride, dtype=np.float32))
    both = np.concatenate(points), np.concatenate(strides)
    for array in both:
        array.flags.writeable = False  # they are shared by all who ask
    return both


def decode(
    outputs: NDArray[np.float32],
    input_hw: tuple[int, int],
    score_threshold: float,
    limit: int = MOST_CANDIDATES,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return boxes, scores and labels of the best ``limit`` pairs of cell and class, for NMS.

    The answers to one image are ``(A, 4 + C)`` float32, raw distances then logits, in the order of
    the `grid_points` of the input.
    """
    points, strides = grid_points(input_hw)
    logits = outputs[:, 4:]
    wanted = np.log(score_threshold / (1 - score_threshold))
    cells, labels = np.nonzero(logits >= wanted)
    chosen = logits[cells, labels]
    if len(chosen) > limit:
        best = np.argpartition(-chosen, limit)[:limit]
        cells, labels, chosen = cells[best], labels[best], chosen[best]
    reach = np.exp(outputs[cells, :4]) * strides[cells, None]
    boxes = np.concatenate([points[cells] - reach[:, :2], points[cells] + reach[:, 2:]], axis=1)
    scores = 1.0 / (1.0 + np.exp(-chosen.astype(np.float64)))
    return boxes.astype(np.float64), scores, labels.astype(np.int64)
