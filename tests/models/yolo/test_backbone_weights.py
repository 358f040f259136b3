import numpy as np
import pytest
from mobilenets import (
    SHARED_TFLITE,
    SHARED_WEIGHTS,
    mobilenet,
    trained_mobilenet,
    with_shared_weights,
)

from models.yolo.backbone_weights import BACKBONES, backbone_weights
from models.yolo.settings import IMAGENET

MAPS = ("block_6_expand_relu", "block_13_expand_relu", "out_relu")
OF_FILE = ("expanded_conv_6/expand/Relu6", "expanded_conv_13/expand/Relu6", "Conv_1/Relu6")
tensorflow = pytest.mark.tensorflow


def feature_maps(network, image):
    import keras

    ends = [network.get_layer(name).output for name in MAPS]
    return [np.asarray(each) for each in keras.Model(network.input, ends)(image)]


def with_weights(side_px, source):
    network = mobilenet(side_px)
    network.set_weights(backbone_weights("mobilenetv2", str(source)))
    return network


def hold(got, wanted):
    for name, one, other in zip(MAPS, got, wanted, strict=True):
        assert one.shape == other.shape, name
        assert np.abs(one - other).max() <= 1e-5 * np.abs(other).max(), name


@pytest.fixture(scope="module")
def trained():
    return trained_mobilenet()


@with_shared_weights
@tensorflow
@pytest.mark.filterwarnings("ignore:Warning. Enabling `experimental_preserve_all_tensors`")
def test_the_features_are_those_the_interpreter_computes_from_the_file():
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(SHARED_TFLITE), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    image = np.random.default_rng(1).uniform(-1, 1, (1, 300, 300, 3)).astype(np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    wanted = []
    for end in OF_FILE:
        (found,) = {
            each["index"]
            for each in interpreter.get_tensor_details()
            if each["name"].startswith(f"FeatureExtractor/MobilenetV2/{end}")
        }
        wanted.append(interpreter.get_tensor(found))
    hold(feature_maps(with_weights(300, SHARED_TFLITE), image), wanted)


@with_shared_weights
@tensorflow
def test_the_tflite_file_and_its_keras_form_give_the_same_weights():
    both = (backbone_weights("mobilenetv2", str(path)) for path in (SHARED_TFLITE, SHARED_WEIGHTS))
    for one, other in zip(*both, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("halved", [False, True], ids=["float32", "float16"])
@tensorflow
def test_batch_norms_folded_by_the_converter_give_the_features_of_before(tmp_path, trained, halved):
    import keras
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from models.quiet import native_stderr_hidden

    ends = keras.Model(trained.input, [trained.get_layer(name).output for name in MAPS])
    learnt = [tf.constant(np.asarray(each)) for each in ends.trainable_variables]
    kept = [tf.constant(np.asarray(each)) for each in ends.non_trainable_variables]
    call = tf.function(
        lambda image: ends.stateless_call(learnt, kept, image, training=False)[0],
        input_signature=[tf.TensorSpec((1, 64, 64, 3), tf.float32)],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
    if halved:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    with native_stderr_hidden():
        (tmp_path / "own.tflite").write_bytes(converter.convert())
    image = np.random.default_rng(2).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    got = feature_maps(with_weights(64, tmp_path / "own.tflite"), image)
    if not halved:
        hold(got, feature_maps(trained, image))
        return
    interpreter = Interpreter(str(tmp_path / "own.tflite"))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
    hold(got, sorted(outputs, key=lambda each: -each.shape[1]))


@pytest.mark.parametrize("name", [".weights.h5", ".h5"])
@tensorflow
def test_keras_weights_are_taken_in_both_of_their_forms(tmp_path, trained, name):
    if name == ".h5":
        trained.save(tmp_path / "own.h5")  # the older form, of a whole network
    else:
        trained.save_weights(tmp_path / "own.weights.h5")
    got = backbone_weights("mobilenetv2", str(tmp_path / f"own{name}"))
    for one, other in zip(got, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@tensorflow
def test_the_table_is_what_keras_has_and_downloads(monkeypatch):
    import keras
    from keras.src.utils import file_utils

    monkeypatch.setattr(keras.Model, "load_weights", lambda network, path: None)
    for name, backbone in BACKBONES.items():
        asked = {}

        def get_file(file, origin, asked=asked, **more):
            asked.update(more, file=file, origin=origin)
            return file

        monkeypatch.setattr(file_utils, "get_file", get_file)
        network = mobilenet(224, backbone.application, weights="imagenet")
        assert network.count_params() == backbone.values, name
        assert asked["file"] == backbone.file.name
        assert asked["origin"] == f"{backbone.file.folder}/{backbone.file.name}"
        assert asked.get("file_hash") == backbone.file.md5


@tensorflow
def test_the_weights_for_imagenet_are_those_in_kerass_cache(tmp_path, monkeypatch, trained):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    trained.save(tmp_path / "models" / BACKBONES["mobilenetv2"].file.name)
    got = backbone_weights("mobilenetv2", IMAGENET)
    np.testing.assert_array_equal(got[0], trained.get_weights()[0])
