import numpy as np
import pytest

from models.yolo.letterbox import GREY, input_size, letterbox, restore


@pytest.mark.parametrize(
    "image_hw", [(480, 640), (640, 480), (100, 100), (1, 640), (640, 1), (31, 2000)]
)
def test_boxes_come_back_to_the_pixels_they_came_from(image_hw):
    image = np.zeros((*image_hw, 3), np.uint8)
    picture, scales = letterbox(image, (192, 256))
    height, width = image_hw
    boxes = np.array([[0, 0, width, height], [0.2 * width, 0, 0.7 * width, 0.5 * height]])
    assert picture.shape == (192, 256, 3)
    np.testing.assert_allclose(restore(boxes * scales, scales, image_hw), boxes, atol=1e-9)


def test_a_marked_rectangle_stays_in_its_box():
    image = np.zeros((300, 500, 3), np.uint8)
    image[100:150, 200:300] = 255
    picture, scales = letterbox(image, (192, 256))
    x1, y1, x2, y2 = np.array([200, 100, 300, 150]) * scales
    rows, columns = np.nonzero(picture[:, :, 0] > 200)
    assert (x1 - 1 <= columns.min(), columns.max() + 1 <= x2 + 1) == (True, True)
    assert abs((columns.max() + 1 - columns.min()) - (x2 - x1)) <= 2
    assert abs((rows.max() + 1 - rows.min()) - (y2 - y1)) <= 2


def test_what_the_picture_does_not_fill_is_grey():
    picture, _ = letterbox(np.zeros((100, 200, 3), np.uint8), (256, 256))
    assert (picture[128:] == GREY).all()
    assert (picture[:128] == 0).all()


@pytest.mark.parametrize(
    ("sizes", "longer", "expected"),
    [
        ([(640, 480)], 256, (192, 256)),
        ([(480, 640)], 256, (256, 192)),
        ([(640, 480), (480, 640)], 320, (320, 320)),
        ([(1000, 10)], 256, (32, 256)),
    ],
)
def test_input_takes_the_shape_of_the_images(sizes, longer, expected):
    assert input_size(sizes, longer) == expected


def test_restored_boxes_are_cut_to_the_image():
    boxes = np.array([[-10.0, -10, 300, 300]])
    np.testing.assert_array_equal(restore(boxes, np.full(4, 0.5), (100, 200)), [[0, 0, 200, 100]])
