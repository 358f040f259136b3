import numpy as np
import pytest

from models.yolo.settings import YoloSettings

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


def test_another_backbone_answers_in_the_same_cells_with_the_weights_of_a_file(tmp_path):
    import keras

    from models.yolo.backbones import backbone_part
    from models.yolo.network import build_network, multiply_adds

    keras.utils.set_random_seed(1)
    seen = keras.applications.MobileNetV3Large(
        include_top=False, weights=None, input_shape=(64, 96, 3)
    )
    seen.save_weights(tmp_path / "seen.weights.h5")
    network = build_network((64, 96), 3, 4, 1, "mobilenetv3", str(tmp_path / "seen.weights.h5"))
    small = build_network((64, 96), 3, 4, 1)
    assert network.output_shape == small.output_shape
    assert multiply_adds(network) > multiply_adds(small)
    for stride, channels in ((8, 16), (16, 32), (32, 64)):  # where studies look for features
        for each in (network, small):
            found = each.get_layer(f"backbone_{stride}").output.shape
            assert found == (None, 64 // stride, 96 // stride, channels)
    first = next(each for each in network.layers if isinstance(each, keras.layers.Conv2D))
    assert first.kernel.shape[2] == 3
    wanted = {tuple(v.shape): np.asarray(v) for v in seen.get_layer("conv").trainable_variables}
    for variable in network.get_layer("conv").trainable_variables:
        np.testing.assert_array_equal(variable, wanted[tuple(variable.shape)])
    base = backbone_part(network, (8, 16, 32))
    normalisations = [v.path for v in base.trainable_variables if "bn" in v.path]
    assert not normalisations


def test_a_missing_file_of_weights_is_a_sentence(tmp_path):
    from models.errors import TrainingError
    from models.yolo.network import build_network

    with pytest.raises(TrainingError, match=r"nowhere\.h5.*give a file"):
        build_network((64, 64), 3, 4, 1, "mobilenetv3", str(tmp_path / "nowhere.h5"))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, None),
        ({"backbone": "resnet50"}, "ImageNet"),
        ({"backbone": "resnet50", "backbone_weights": "none"}, None),
        ({"backbone": "resnet50", "backbone_weights": "mine.h5"}, "mine.h5"),
    ],
)
def test_what_was_seen_before_training_is_named(changed, name):
    assert YoloSettings(**changed).pretrained_on == name
