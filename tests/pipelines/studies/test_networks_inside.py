"""What is read from within a network: features at boxes, pictures of filters."""

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
SIDE = 160
IMAGE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    from models.yolo.network import build_network

    return build_network((SIDE, SIDE), 2, width=4)


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
