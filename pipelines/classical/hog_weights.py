"""The classical pipeline's own explanation: what each cell of a box added to its class's margin.

A linear SVM's margin is a sum over the numbers that describe a box, and each of them belongs to a
cell of it. Cells may speak for the class or against it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.classical.channels import COLOURS
from models.classical.hog import COLOUR_CELLS, length, most_alike, widened
from pipelines.classical.detector import ClassicalDetector, describe_boxes
from pipelines.classical.proposals.propose import search
from pipelines.detections import Image


def cell_contributions(
    features: NDArray[np.float32],
    weights: NDArray[np.float32],
    templates: tuple[tuple[int, int], ...],
    which: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what cells add to a margin: gradients ``(rows, columns)``, colours ``(4, 4)``.

    ``features`` are the ``(D,)`` of one box, by the template ``which``; ``weights`` of one class.
    """
    added = features.astype(np.float64) * weights
    rows, columns = templates[which]
    start, end, last = (
        length(some, colour=False)
        for some in (templates[:which], templates[: which + 1], templates)
    )
    gradients = added[start:end].reshape(rows, columns, -1).sum(axis=2)
    colours = np.zeros((COLOUR_CELLS, COLOUR_CELLS))
    layout = added[last:]
    if layout.size:
        colours = layout.reshape(COLOUR_CELLS, COLOUR_CELLS, COLOURS).sum(axis=2)
    return gradients, colours


def hog_weights(
    detector: ClassicalDetector, image: Image, box: NDArray[np.float64], label: int
) -> NDArray[np.float64]:
    """Return a detection's margin where its parts come from: ``(H, W)``, its sum less the bias."""
    searched = search(image)
    boxes = box[None] / searched.back
    features = describe_boxes(searched.levels, boxes, detector.templates, detector.settings)[0]
    which = int(most_alike(boxes, detector.templates)[0])
    weights = detector.svm.weights[:, label]
    parts = cell_contributions(features, weights, detector.templates, which)
    seen = widened(box[None], detector.settings.context)[0]
    return sum((spread(part, seen, image.shape[:2]) for part in parts), np.zeros(image.shape[:2]))


def spread(
    cells: NDArray[np.float64], box: NDArray[np.float64], image_hw: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the cells' values laid over a box of an ``(H, W)`` image, 0 elsewhere.

    The sum is kept, but for what lies outside the image.
    """
    x1, y1 = np.floor(box[:2]).astype(int)
    x2, y2 = np.maximum(np.ceil(box[2:]).astype(int), [x1 + 1, y1 + 1])
    large = cv2.resize(cells, (int(x2 - x1), int(y2 - y1)), interpolation=cv2.INTER_LINEAR)
    large = large * (cells.size / large.size)
    laid = np.zeros(image_hw[:2])
    top, left = max(y1, 0), max(x1, 0)
    bottom, right = min(y2, image_hw[0]), min(x2, image_hw[1])
    if bottom > top and right > left:
        laid[top:bottom, left:right] = large[top - y1 : bottom - y1, left - x1 : right - x1]
    return laid
