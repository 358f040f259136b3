import numpy as np
import pytest
from pycocotools import mask as reference

from datasets.outlines import around_rotated, around_segmentation


@pytest.mark.parametrize("seed", range(5))
def test_the_box_around_a_mask_is_that_of_pycocotools(seed):
    random = np.random.default_rng(seed)
    mask = np.zeros((37, 53), np.uint8, order="F")
    for _ in range(seed):
        y, x = random.integers(0, (30, 45))
        mask[y : y + random.integers(1, 9), x : x + random.integers(1, 9)] = 1
    coded = reference.encode(mask)
    x, y, width, height = reference.toBbox(coded).tolist()
    found = around_segmentation({"size": coded["size"], "counts": coded["counts"].decode()})
    assert found == ((x, y, x + width, y + height) if seed else None)


@pytest.mark.parametrize(
    "segmentation",
    [
        None,
        [],
        [[]],
        [[1, 2]],
        ["a"],
        [[1, 2, "x", 4]],
        {},
        {"size": [4, 4], "counts": "~~~"},
        {"size": [4, 4], "counts": [3, 99]},
        {"size": [4, 4], "counts": [-3, 9]},
        {"size": [0, 4], "counts": [0, 1]},
        {"size": "x", "counts": [0, 1]},
        {"size": [4, 4], "counts": [16]},
    ],
)
def test_what_is_no_outline_has_no_box(segmentation):
    assert around_segmentation(segmentation) is None


def test_a_single_polygon_without_its_list_is_read_too():
    assert around_segmentation([1, 2, 5, 2, 5, 9]) == (1, 2, 5, 9)


def test_an_angle_above_a_turn_is_in_degrees():
    box = around_rotated(10, 10, 8, 2, 90)
    np.testing.assert_allclose(box, [9, 6, 11, 14])
