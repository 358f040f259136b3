"""What the backbone offers to other learners: features at boxes, and pictures of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.yolo.features import (
    backbone_descriptor,
    boxes_before_nms,
    feature_pictures,
    sampled,
)

SIDE = 160
IMAGE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    from models.yolo.network import build_network

    return build_network((SIDE, SIDE), 2, width=4)


@pytest.mark.tensorflow
def test_the_backbone_describes_the_same_box_alike_and_another_differently(network):
    describe = backbone_descriptor(network)
    boxes = np.array([[0.0, 0, 40, 40], [80, 80, 150, 150], [0, 0, 40, 40]])
    features = describe(IMAGE, boxes)
    assert features.shape == (3, 9 * (16 + 32 + 64))
    np.testing.assert_array_equal(features[0], features[2])
    assert np.abs(features[0] - features[1]).max() > 0


@pytest.mark.tensorflow
def test_pictures_show_filters_and_maps_of_every_stride(network):
    rows = feature_pictures(network, IMAGE, np.array([20.0, 30, 90, 100]))
    assert list(rows) == ["first filters", "stride 4", "stride 8", "stride 16", "stride 32"]
    assert all(picture.shape == (3, 3, 3) for picture in rows["first filters"])
    assert rows["stride 8"][0].shape == (10, 10)
    assert [len(pictures) for pictures in rows.values()] == [4, 6, 6, 6, 6]


@pytest.mark.tensorflow
@pytest.mark.slow
def test_a_larger_backbone_offers_its_own_finest_level_and_has_no_stride_4():
    from models.yolo.network import build_network

    other = build_network((SIDE, SIDE), 2, 4, backbone="mobilenetv2")
    boxes = np.array([[0.0, 0, 40, 40]])
    assert backbone_descriptor(other)(IMAGE, boxes).shape == (1, 9 * 192)
    rows = feature_pictures(other, IMAGE, np.array([20.0, 30, 90, 100]))
    assert list(rows) == ["first filters", "stride 8", "stride 16", "stride 32"]


def test_samples_lie_in_the_middles_of_a_box_s_parts():
    level = np.arange(12, dtype=np.float32)[None, :, None] + np.zeros((8, 1, 2), np.float32)
    features = sampled(level, np.array([[2.0, 1, 8, 7], [-4, -4, 2, 2]]))
    assert features.shape == (2, 3, 3, 2)
    # Columns' centres are at halves: the middles 3, 5 and 7 of the first box are 2.5, 4.5, 6.5.
    np.testing.assert_allclose(features[0, 0, :, 0], [2.5, 4.5, 6.5])
    np.testing.assert_allclose(features[1, 0, :, 0], [0, 0, 0.5])  # beyond the border its last


def test_boxes_before_nms_are_the_best_of_those_alike_whatever_their_class():
    boxes = np.array([[0.0, 0, 20, 20], [0, 0, 20, 19], [40, 40, 60, 60]])
    candidates = SimpleNamespace(
        boxes=boxes, scores=np.array([0.4, 0.9, 0.2]), labels=np.array([0, 1, 0])
    )
    stages = [SimpleNamespace(run=lambda _: candidates), SimpleNamespace(run=lambda _: None)]
    found = boxes_before_nms(SimpleNamespace(stages=stages), IMAGE)
    np.testing.assert_array_equal(found, boxes[[1, 2]])
