"""MobileNetV2 to try its weights on, and the files of them that lie beside the project."""

from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "weights"
SHARED_TFLITE = SHARED / "ssd_mobilenetv2_openimages_fp16.tflite"
SHARED_WEIGHTS = SHARED / "mobilenetv2_openimages.weights.h5"
with_shared_weights = pytest.mark.skipif(
    not SHARED_TFLITE.is_file(),
    reason="without ../shared/weights, which is not part of the project",
)


def mobilenet(side_px, name="MobileNetV2", **more):
    import keras

    shape = (side_px, side_px, 3)
    return getattr(keras.applications, name)(
        **{"include_top": False, "weights": None, "input_shape": shape, **more}
    )


def trained_mobilenet():
    """A MobileNetV2 with batch norm statistics that matter."""
    import keras

    keras.utils.set_random_seed(3)
    network, random = mobilenet(64), np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, variance = random.uniform(0.5, 1.5, (2, layer.gamma.shape[0]))
            beta, mean = random.normal(0, 0.3, (2, layer.gamma.shape[0]))
            layer.set_weights([gamma, beta, mean, variance])
    return network
