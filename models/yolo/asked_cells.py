"""Which cells are asked for an answer: all but those where only an ignored object is.

The cells of an object are those whose middle it covers; they alone are ever taught to answer for
it. So an ignored object, to which any answer is as good as any other, takes its cells out of the
losses, and those around it are background as they are around every object.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from models.yolo.decoding import STRIDES


def asked_cells(ignored: Boxes, input_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Return ``(A,)`` float32, 0 for cells of an ignored object and 1 for all others.

    Cells are in the order of `grid_points`, and an object's are those of `assigner.cells_inside`.

    Args:
        ignored: ``(K, 4)`` xyxy pixels of the input.
        input_hw: its height and width in pixels.
    """
    centres, halves = (ignored[:, :2] + ignored[:, 2:]) / 2, (ignored[:, 2:] - ignored[:, :2]) / 2
    levels = []
    for stride in STRIDES:
        reach = np.maximum(halves, stride / 2)
        across, down = (
            np.abs((np.arange(side // stride) + 0.5) * stride - centres[:, axis, None])
            <= reach[:, axis, None]
            for axis, side in enumerate(input_hw[::-1])
        )
        covered = down.T.astype(np.float32) @ across.astype(np.float32) > 0  # by any of them
        levels.append(~covered.ravel())
    return np.concatenate(levels).astype(np.float32)
