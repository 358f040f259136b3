"""What is read from within a network: gradients, features at boxes, pictures of filters."""

import numpy as np
import pytest

from pipelines.studies.interpretability.saliency import Target

pytestmark = pytest.mark.tensorflow
SIDE = 160
IMAGE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    from models.yolo.network import build_network

    return build_network((SIDE, SIDE), 2, width=4)


def test_gradients_of_a_detection_stay_around_it(network):
    from pipelines.studies.interpretability.grad_cam import GradCam

    explain = GradCam(network)
    for corner in (0.0, 120.0):
        found = explain(IMAGE, Target(np.array([corner, corner, corner + 32, corner + 32]), 1))
        assert found.shape == (SIDE, SIDE)
        assert found.min() >= 0
        assert found.max() > 0
        y, x = np.unravel_index(int(found.argmax()), found.shape)
        assert abs(y - corner - 16) < 60
        assert abs(x - corner - 16) < 60


def test_the_backbone_tells_boxes_apart_and_the_same_box_alike(network):
    from pipelines.studies.features.descriptors import BackboneDescriptor

    describe = BackboneDescriptor(network)
    boxes = np.array([[0.0, 0, 40, 40], [80, 80, 150, 150], [0, 0, 40, 40]])
    found = describe(IMAGE, boxes)
    assert found.shape == (3, 9 * (16 + 32 + 64))
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0] - found[1]).max() > 0


def test_pictures_show_filters_and_maps_of_every_stride(network):
    from pipelines.studies.features.pictures import crop_maps, draw_pictures, first_filters

    box = np.array([20.0, 30, 90, 100])
    assert all(each.shape == (3, 3, 3) for each in first_filters(network))
    assert list(crop_maps(network, IMAGE, box)) == [4, 8, 16, 32]
    draw_pictures(IMAGE, box, network).canvas.draw()
