"""A toy detector whose answers are known, and images for it."""

import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations, LabelledImage
from models.yolo.decoding import STRIDES, grid_points
from pipelines.yolo.detector import YoloDetector

SIDE = 64


def answering(boxes, labels, scores, classes=("cat", "dog")):
    """A YOLO whose network always answers the same: those boxes, one cell of stride 8 each."""
    points, strides = grid_points((SIDE, SIDE))
    outputs = np.full((len(points), 4 + len(classes)), -12.0, np.float32)
    outputs[:, :4] = 0.0
    fine = np.flatnonzero(strides == STRIDES[0])
    taken = set()
    for box, label, score in zip(boxes, labels, scores, strict=True):
        inside = [
            cell
            for cell in fine
            if box[0] < points[cell][0] < box[2]
            and box[1] < points[cell][1] < box[3]
            and cell not in taken
        ]
        cell = inside[0]
        taken.add(cell)
        x, y = points[cell]
        reach = np.array([x - box[0], y - box[1], box[2] - x, box[3] - y]) / STRIDES[0]
        outputs[cell, :4] = np.log(reach)
        outputs[cell, 4 + label] = np.log(score / (1 - score))
    return YoloDetector(lambda picture: outputs, (SIDE, SIDE), classes, 0.6, 1.0, 100)


@pytest.fixture(scope="session")
def toy_yolo():
    return answering


@pytest.fixture
def toy_images(tmp_path):
    """Six images with a cat each, always at the same place."""
    path = tmp_path / "toy.png"
    Image.fromarray(np.full((SIDE, SIDE, 3), 90, np.uint8)).save(path)
    truth = Annotations([[16, 16, 40, 40]], [0])
    return [LabelledImage(f"{n}.png", path, SIDE, SIDE, truth) for n in range(6)]
