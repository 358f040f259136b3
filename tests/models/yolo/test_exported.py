"""Distances and logits of a network: apart where they are written, bounded wherever they are."""

import numpy as np
import pytest

from models.yolo.decoding import LIMIT

pytestmark = pytest.mark.tensorflow
INPUT_HW = (64, 96)
CLASSES = 4  # as many as distances, so that only their names tell the outputs apart


@pytest.fixture(scope="module")
def network():
    """An untrained network whose distances would reach beyond the limit, and logits further."""
    import keras

    from models.yolo.network import build_network

    keras.utils.set_random_seed(0)
    network = build_network(INPUT_HW, CLASSES, width=4)
    for layer in network.layers:
        if layer.name.endswith(("_boxes", "_logits")):
            layer.kernel.assign(2000 * layer.kernel)
    return network


def pictures(count):
    random = np.random.default_rng(1)
    return random.integers(0, 256, (count, *INPUT_HW, 3), dtype=np.uint8)


def answers(network, given):
    return np.asarray(network(given.astype(np.float32), training=False))


def test_distances_are_bounded_within_the_network_and_logits_are_not(network):
    given = answers(network, pictures(4))
    assert np.abs(given[..., :4]).max() == LIMIT
    assert np.abs(given[..., 4:]).max() > 2 * LIMIT


def test_two_outputs_are_put_together_in_their_order(network, tmp_path):
    from models.yolo.exported import exported_forward, write_network

    path = tmp_path / "network.tflite"
    write_network(network, "litert", path)
    (picture,) = pictures(1)
    got = exported_forward("litert", path)(picture)
    np.testing.assert_allclose(got, answers(network, picture[None])[0], atol=1e-2)


def test_in_int8_distances_have_steps_of_their_own(network, tmp_path):
    from models.yolo.exported import exported_forward, write_network

    path = tmp_path / "network.tflite"
    write_network(network, "litert", path, pictures(8))
    forward = exported_forward("litert", path)
    given = np.stack([forward(picture) for picture in pictures(8)])
    distances, logits = (np.unique(part) for part in (given[..., :4], given[..., 4:]))
    assert np.abs(distances).max() <= LIMIT + 0.05
    widest = 2 * LIMIT / 255  # of a step: 3 % of a distance
    assert 0 < np.diff(distances).min() <= 1.01 * widest
    assert np.diff(logits).min() > 2 * widest  # with which boxes once were rounded


def test_distances_beyond_the_limit_can_come_back_and_go_no_further():
    import tensorflow as tf

    from models.yolo.network import bounded

    raw = tf.Variable([-9.0, -4.5, 0.0, 4.5, 9.0])
    for upstream, wanted in ((1.0, [0, 0, 1, 1, 1]), (-1.0, [-1, -1, -1, 0, 0])):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(upstream * bounded(raw))
        assert tape.gradient(total, raw).numpy().tolist() == wanted
