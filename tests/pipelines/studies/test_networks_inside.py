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
