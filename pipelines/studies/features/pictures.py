"""Pictures of features: HOG of a crop, the first filters, and the network's maps at each stride."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from models.classical.channels import BINS, cells, channels
from models.yolo.letterbox import letterbox
from pipelines.detections import Image

if TYPE_CHECKING:
    import keras

STRIDES = (4, 8, 16, 32)
SHOWN = 6  # channels of each stride that answer most strongly, and first filters
CELLS = 12  # of the crop, each way
AROUND = 0.25  # of the object's sides, seen with it


def draw_pictures(image: Image, box: NDArray[np.float64], network: keras.Model) -> Any:
    """Return a figure: the crop and its HOG, the first convolution's filters, and feature maps.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        box: ``(4,)`` of an object in it.
        network: YOLO's.
    """
    from pipelines.studies.common.plots import new_figure

    sides = np.tile(box[2:] - box[:2], 2)
    limits = np.array([image.shape[1], image.shape[0]] * 2, float)
    seen = np.clip(box + AROUND * sides * [-1, -1, 1, 1], 0, limits)
    x1, y1, x2, y2 = np.rint(seen).astype(int)
    crop = image[y1:y2, x1:x2]
    figure = new_figure(1.5 * SHOWN, 1.7 * (2 + len(STRIDES)))
    grid = figure.subplots(2 + len(STRIDES), SHOWN)
    for panel in grid.ravel():
        panel.set_axis_off()
    grid[0, 0].imshow(crop)
    grid[0, 0].set_title("crop", fontsize=9)
    _draw_hog(grid[0, 1], image, seen[None])
    grid[0, 1].set_title("its HOG", fontsize=9)
    for panel, filters in zip(grid[1], first_filters(network), strict=False):
        panel.imshow(filters)
    grid[1, 0].set_title("first filters", fontsize=9)
    for line, (stride, maps) in zip(grid[2:], crop_maps(network, image, seen).items(), strict=True):
        for panel, each in zip(line, maps, strict=False):
            panel.imshow(each, cmap="viridis")
        line[0].set_title(f"stride {stride}", fontsize=9)
    figure.suptitle("Features made by hand and learnt, of the same crop: edges turn into parts")
    return figure


def _draw_hog(panel: Any, image: Image, box: Boxes) -> None:
    """Draw each cell's edges, as dark as they are strong."""
    from matplotlib.collections import LineCollection

    gradients, _ = cells(channels(image), box, CELLS, CELLS)
    strengths = gradients[0] / max(float(gradients[0].max()), 1e-9)
    lines, widths = [], []
    for row in range(CELLS):
        for column in range(CELLS):
            for place in range(BINS):
                # An edge runs across its gradient.
                angle = (place + 0.5) * np.pi / BINS + np.pi / 2
                reach = 0.45 * np.array([np.cos(angle), np.sin(angle)])
                middle = np.array([column + 0.5, row + 0.5])
                lines.append([middle - reach, middle + reach])
                widths.append(2.0 * float(strengths[row, column, place]))
    panel.add_collection(LineCollection(lines, linewidths=widths, colors="black"))
    panel.set_xlim(0, CELLS)
    panel.set_ylim(CELLS, 0)
    panel.set_aspect("equal")


def first_filters(network: keras.Model) -> list[NDArray[np.float32]]:
    """Return the first convolution's kernels as ``(3, 3, 3)`` pictures, 0 to 1."""
    import keras

    from models.yolo.network import every_layer

    first = next(each for each in every_layer(network) if isinstance(each, keras.layers.Conv2D))
    kernel = np.asarray(first.kernel)
    low, high = kernel.min(axis=(0, 1, 2)), kernel.max(axis=(0, 1, 2))
    shown = (kernel - low) / np.maximum(high - low, 1e-9)
    return [shown[..., place] for place in range(min(SHOWN, shown.shape[3]))]


def crop_maps(
    network: keras.Model, image: Image, box: NDArray[np.float64]
) -> dict[int, list[NDArray[np.float32]]]:
    """Return, by stride, the maps of the channels that answer most strongly, cut to the box."""
    import keras

    height, width = network.input_shape[1:3]
    picture, scales = letterbox(image, (height, width))
    levels = [network.get_layer(f"backbone_{stride}").output for stride in STRIDES]
    answers = keras.Model(network.input, levels)(picture[None].astype(np.float32), training=False)
    made = {}
    for stride, answer in zip(STRIDES, answers, strict=True):
        whole = np.asarray(answer)[0]
        x1, y1 = np.floor(box[:2] * scales[:2] / stride).astype(int)
        x2, y2 = np.maximum(np.ceil(box[2:] * scales[2:] / stride).astype(int), [x1 + 1, y1 + 1])
        inside = whole[y1:y2, x1:x2]
        best = np.argsort(-inside.max(axis=(0, 1)) + inside.mean(axis=(0, 1)))[:SHOWN]
        made[stride] = [
            cv2.resize(inside[..., place], (48, 48), interpolation=cv2.INTER_NEAREST)
            for place in best
        ]
    return made
