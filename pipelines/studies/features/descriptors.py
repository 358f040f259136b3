"""What a box may be told by: HOG, HOG and colour, YOLO's backbone at the box, or its pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes
from models.classical.hog import Features
from models.yolo.letterbox import letterbox
from pipelines.classical.detector import ClassicalDetector, describe_boxes
from pipelines.classical.proposals.propose import search
from pipelines.detections import Image

if TYPE_CHECKING:
    import keras

HOG, HOG_COLOUR, BACKBONE, PIXELS = "HOG", "HOG + colour", "YOLO backbone", "raw pixels"
PIXELS_SIDE = 16  # of the thumbnail of a box
BINS = 3  # by as many samples of each level of the backbone in a box
BACKBONE_STRIDES = (8, 16, 32)

Describe = Callable[[Image, Boxes], Features]  # (H, W, 3) and (N, 4) in its pixels to (N, D)


def hog_descriptor(detector: ClassicalDetector, name: Literal["hog+colour", "hog"]) -> Describe:
    """Return the classical pipeline's description, with colour or without."""
    settings = replace(detector.settings, descriptor=name)

    def describe(image: Image, boxes: Boxes) -> Features:
        searched = search(image)
        return describe_boxes(searched.levels, boxes / searched.back, detector.templates, settings)

    return describe


def pixels_descriptor(image: Image, boxes: Boxes) -> Features:
    """Return 16 × 16 thumbnails of the boxes, values around 0."""
    made = np.zeros((len(boxes), PIXELS_SIDE**2 * 3), np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes):
        left, top = int(max(x1, 0)), int(max(y1, 0))
        right, bottom = max(int(np.ceil(x2)), left + 1), max(int(np.ceil(y2)), top + 1)
        inside = image[min(top, image.shape[0] - 1) : bottom, min(left, image.shape[1] - 1) : right]
        small = cv2.resize(inside, (PIXELS_SIDE, PIXELS_SIDE), interpolation=cv2.INTER_AREA)
        made[row] = small.ravel() / np.float32(255) - np.float32(0.5)
    return made


class BackboneDescriptor:
    """Describes boxes by the backbone's features there, at three strides."""

    def __init__(self, network: keras.Model) -> None:
        """Cut the network behind its backbone."""
        import keras
        import tensorflow as tf

        height, width = network.input_shape[1:3]
        self.input_hw = (height, width)
        levels = [network.get_layer(f"backbone_{s}").output for s in BACKBONE_STRIDES]
        model = keras.Model(network.input, levels)
        self._levels = tf.function(lambda picture: model(picture, training=False))

    def maps(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return the ``(h, w, C)`` features of a letterboxed picture at each stride."""
        return [np.asarray(x)[0] for x in self._levels(picture[None].astype(np.float32))]

    def __call__(self, image: Image, boxes: Boxes) -> Features:
        """Return ``(N, D)``: of each level 3 × 3 samples in the box, between cells' centres."""
        picture, scales = letterbox(image, self.input_hw)
        inside = boxes * scales
        parts = [
            sampled(level, inside / stride)
            for level, stride in zip(self.maps(picture), BACKBONE_STRIDES, strict=True)
        ]
        return np.concatenate([part.reshape(len(boxes), -1) for part in parts], axis=1)


def sampled(level: NDArray[np.float32], boxes: Boxes) -> NDArray[np.float32]:
    """Return the ``(N, 3, 3, C)`` features in the middles of each box's parts (He et al. 2017).

    Args:
        level: ``(h, w, C)``.
        boxes: ``(N, 4)`` xyxy in cells, whose centres are at halves.
    """
    steps = (np.arange(BINS) + 0.5) / BINS
    xs = boxes[:, 0, None] + steps * (boxes[:, 2] - boxes[:, 0])[:, None] - 0.5
    ys = boxes[:, 1, None] + steps * (boxes[:, 3] - boxes[:, 1])[:, None] - 0.5
    x, y = np.clip(xs, 0, level.shape[1] - 1), np.clip(ys, 0, level.shape[0] - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, level.shape[1] - 1), np.minimum(y0 + 1, level.shape[0] - 1)
    right, down = (x - x0)[:, None, :, None], (y - y0)[:, :, None, None]

    def at(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        return level[rows[:, :, None], columns[:, None, :]]

    above = at(y0, x0) * (1 - right) + at(y0, x1) * right
    below = at(y1, x0) * (1 - right) + at(y1, x1) * right
    return np.asarray(above * (1 - down) + below * down, np.float32)
