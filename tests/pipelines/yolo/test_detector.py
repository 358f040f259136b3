from dataclasses import dataclass

import numpy as np
import pytest

from models.yolo.decoding import STRIDES, grid_points
from pipelines.yolo.detector import YoloDetector

INPUT, CELL = (64, 64), STRIDES[0]
WIDE = np.full((48, 64, 3), 90, np.uint8)  # 64 by 48 pixels of the input
HIGH = np.full((128, 64, 3), 90, np.uint8)  # 32 by 64


@dataclass
class SeesLeft:
    """A network that finds one bright object, and only in the left half of an image."""

    half_px: int

    def __call__(self, picture):
        points, strides = grid_points(INPUT)
        outputs = np.full((len(points), 5), -12.0, np.float32)
        outputs[:, :4] = 0.0  # a box reaches one stride to each side
        bright = (picture[..., 0] > 200).mean(axis=0)
        if bright[: self.half_px].any():
            middle = float(np.average(np.arange(len(bright)) + 0.5, weights=bright))
            cell = np.abs(points - [middle, 28]).sum(axis=1) + 100 * (strides > CELL)
            outputs[cell.argmin(), 4] = 2.0
        return outputs

    def many(self, pictures):
        return np.stack([self(picture) for picture in pictures])


def detector(half_px, *, flip_test):
    return YoloDetector(SeesLeft(half_px), INPUT, ("cat",), 0.6, 0.8, 100, flip_test)


@pytest.mark.parametrize(
    ("image", "half_px", "x1", "box"),
    [(WIDE, 32, 40, [36, 20, 52, 36]), (HIGH, 16, 40, [24, 40, 56, 72])],
)
def test_a_mirrored_look_finds_what_the_first_misses_where_it_is(image, half_px, x1, box):
    picture = image.copy()
    picture[:, x1 : x1 + 8] = 255
    assert not len(detector(half_px, flip_test=False).detect(picture))
    twice = detector(half_px, flip_test=True)
    for found in (twice.detect(picture), *twice.detect_batch([picture, picture])):
        np.testing.assert_allclose(found.boxes, [box])


def test_what_both_looks_find_is_one_detection():
    picture = WIDE.copy()
    picture[:, 24:32] = 255
    found = detector(64, flip_test=True).detect(picture)
    assert len(found) == 1
