"""Pictures of features: a crop, its HOG, and what the contenders show of their own features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from models.classical.channels import BINS, cells, channels
from pipelines.contenders import label_of
from pipelines.detections import FeatureSource, Image, Pictures
from pipelines.studies.common.plots import new_figure

CELLS = 12  # of the crop's HOG, each way
AROUND = 0.25  # of the object's sides, seen with it


def draw_pictures(
    image: Image, box: NDArray[np.float64], sources: Mapping[str, FeatureSource]
) -> Any:
    """Return a figure: the crop and its HOG, and a line for each row of the sources' pictures.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        box: ``(4,)`` of an object in it.
        sources: of features, by contender; some have no pictures.
    """
    sides = np.tile(box[2:] - box[:2], 2)
    limits = np.array([image.shape[1], image.shape[0]] * 2, float)
    seen = np.clip(box + AROUND * sides * [-1, -1, 1, 1], 0, limits)
    x1, y1, x2, y2 = np.rint(seen).astype(int)
    rows: dict[str, Pictures] = {}
    for name, source in sources.items():
        shown = {} if source.pictures is None else source.pictures(image, seen)
        rows |= {f"{label_of(name)}, {row}": pictures for row, pictures in shown.items()}
    columns = max(map(len, rows.values()), default=2)
    figure = new_figure(1.5 * columns, 1.7 * (1 + len(rows)))
    grid = figure.subplots(1 + len(rows), columns, squeeze=False)
    for panel in grid.ravel():
        panel.set_axis_off()
    grid[0, 0].imshow(image[y1:y2, x1:x2])
    grid[0, 0].set_title("crop", fontsize=9)
    _draw_hog(grid[0, 1], image, seen[None])
    grid[0, 1].set_title("its HOG", fontsize=9)
    for line, (name, pictures) in zip(grid[1:], rows.items(), strict=True):
        for panel, picture in zip(line, pictures, strict=False):
            panel.imshow(picture, cmap="viridis", interpolation="nearest")
        line[0].set_title(name, fontsize=9, loc="left")
    figure.suptitle("Features made by hand or learnt, of the same crop: edges turn into parts")
    return figure


def _draw_hog(panel: Any, image: Image, box: Boxes) -> None:
    """Draw each cell's edges, as dark as they are strong."""
    from matplotlib.collections import LineCollection

    gradients, _ = cells(channels(image), box, CELLS, CELLS)
    strengths = gradients[0] / max(float(gradients[0].max()), 1e-9)
    row, column, place = np.indices((CELLS, CELLS, BINS))
    angle = (place + 0.5) * np.pi / BINS + np.pi / 2  # an edge runs across its gradient
    reach = 0.45 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    middle = np.stack([column, row], axis=-1) + 0.5
    lines = np.stack([middle - reach, middle + reach], axis=-2).reshape(-1, 2, 2)
    widths = 2.0 * strengths[..., :BINS].ravel()
    panel.add_collection(LineCollection(list(lines), linewidths=widths, colors="black"))
    panel.set_xlim(0, CELLS)
    panel.set_ylim(CELLS, 0)
    panel.set_aspect("equal")
