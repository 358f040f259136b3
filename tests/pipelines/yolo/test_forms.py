"""The forms of a network on a backbone of Keras Applications, random weights and all."""

import numpy as np
import pytest
from PIL import Image
from tiny_backbone import take_tiny_backbone

from datasets.annotations import Annotations, LabelledImage
from pipelines.postprocessing.calibration import Calibration, save_calibration
from pipelines.system import runtime
from pipelines.yolo import forms

SIDE = 64
CALIBRATED = Calibration(0.5, 0.25, "fitted")
IMAGE = np.random.default_rng(0).integers(0, 256, (50, 80, 3), dtype=np.uint8)
pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def network():
    from models.yolo.network import build_network

    return build_network((SIDE, SIDE), 3, 4, backbone="mobilenetv3")


def saved(network, backbone, folder):
    from models.yolo.settings import TransferSettings
    from pipelines.yolo.storage import save_yolo

    settings = TransferSettings(backbone=backbone, backbone_weights="none", width=4)
    save_yolo(network, ("a", "b", "c"), settings, 100, folder)
    save_calibration(CALIBRATED, folder)
    return folder


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    return saved(network, "mobilenetv3", tmp_path_factory.mktemp("transfer"))


@pytest.fixture
def tiny_folder(monkeypatch, tmp_path):
    """A network of the same kind with fewer layers, which three compilers take sooner."""
    from models.yolo.network import build_network

    take_tiny_backbone(monkeypatch)
    network = build_network((SIDE, SIDE), 3, 4, backbone="mobilenetv2")
    return saved(network, "mobilenetv2", tmp_path / "tiny")


def test_every_convolution_of_a_backbone_is_timed_and_gives_what_its_layer_does(network):
    import keras

    from models.yolo.network import convolution_layers

    layers = convolution_layers(network)
    alone = [each for each in layers if isinstance(each, keras.layers.DepthwiseConv2D)]
    assert len(alone) == 15  # MobileNetV3Large's blocks
    random = np.random.default_rng(0)
    for layer in layers:
        x = random.normal(size=(1, *layer.input.shape[1:])).astype(np.float32)
        added = layer.bias.numpy() if layer.use_bias else 0.0
        got = np.asarray(layer.activation(np.asarray(forms.convolved(x, layer)) + added))
        np.testing.assert_allclose(got, np.asarray(layer(x)), atol=1e-4)


def test_all_forms_give_the_same_detections(tiny_folder, tmp_path):
    device = runtime.choose_device("cpu")
    found = forms.litert(tiny_folder, device, 1).detect(IMAGE)
    assert len(found) > 0
    again = forms.graph(tiny_folder, device, 1).detect(IMAGE)
    np.testing.assert_allclose(again.scores, found.scores, atol=1e-4)
    assert forms.convolutions(tiny_folder, IMAGE)() is not None
    path = tmp_path / "a.png"
    Image.fromarray(IMAGE).save(path)
    images = [LabelledImage("a.png", path, 80, 50, Annotations([[1, 1, 30, 30]], [0]))]
    forms.make_int8(tiny_folder, images, tmp_path / "int8")
    rough = forms.litert(tmp_path / "int8", device, 1)
    assert rough.calibration == CALIBRATED
    np.testing.assert_allclose(rough.detect(IMAGE).scores[0], found.scores[0], atol=0.01)


def test_its_parts_features_and_explanation_are_those_of_a_yolo(folder):
    from pipelines.yolo import contender

    source = contender.features(folder, 1)
    assert list(source.descriptors) == ["YOLO backbone"]  # nothing was learnt before
    boxes = np.array([[5.0, 5, 40, 40]])
    (describe,) = source.descriptors.values()
    assert describe(IMAGE, boxes).shape == (1, 9 * 240)
    assert len(source.propose(IMAGE)) > 0
    assert contender.grad_cam(folder)(IMAGE, boxes[0], 1).max() > 0
    parts = contender.oracles(contender.load(folder, runtime.choose_device("cpu"), 1))
    assert [each.name for each in parts] == ["classification", "localisation", "nms"]
