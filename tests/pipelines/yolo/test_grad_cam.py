import numpy as np
import pytest

SIDE = 160
IMAGE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.mark.tensorflow
def test_gradients_of_a_detection_stay_around_it():
    from models.yolo.network import build_network
    from pipelines.yolo.grad_cam import GradCam

    explain = GradCam(build_network((SIDE, SIDE), 2, width=4))
    for corner in (0.0, 120.0):
        saliency = explain(IMAGE, np.array([corner, corner, corner + 32, corner + 32]), 1)
        assert saliency.shape == (SIDE, SIDE)
        assert saliency.min() >= 0
        assert saliency.max() > 0
        y, x = np.unravel_index(int(saliency.argmax()), saliency.shape)
        assert abs(y - corner - 16) < 60
        assert abs(x - corner - 16) < 60
