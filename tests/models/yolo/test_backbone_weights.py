import os
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from models.errors import TrainingError
from models.yolo.backbone_weights import BACKBONES, backbone_weights, check_backbone_weights
from models.yolo.settings import IMAGENET

MAPS = ("block_6_expand_relu", "block_13_expand_relu", "out_relu")
OF_FILE = ("expanded_conv_6/expand/Relu6", "expanded_conv_13/expand/Relu6", "Conv_1/Relu6")
SHARED = Path(__file__).resolve().parents[4] / "shared" / "weights"
TFLITE = SHARED / "ssd_mobilenetv2_openimages_fp16.tflite"
KERAS = SHARED / "mobilenetv2_openimages.weights.h5"
with_shared_weights = pytest.mark.skipif(
    not TFLITE.is_file(), reason="without ../shared/weights, which is not part of the project"
)
tensorflow = pytest.mark.tensorflow


def mobilenet(side_px, name="MobileNetV2", **more):
    import keras

    shape = (side_px, side_px, 3)
    return getattr(keras.applications, name)(
        **{"include_top": False, "weights": None, "input_shape": shape, **more}
    )


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


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "own.weights.h5"
    trained.save_weights(path)
    return path


@with_shared_weights
@tensorflow
@pytest.mark.filterwarnings("ignore:Warning. Enabling `experimental_preserve_all_tensors`")
def test_the_features_are_those_the_interpreter_computes_from_the_file():
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(TFLITE), experimental_preserve_all_tensors=True)
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
    hold(feature_maps(with_weights(300, TFLITE), image), wanted)


@with_shared_weights
@tensorflow
def test_the_tflite_file_and_its_keras_form_give_the_same_weights():
    both = (backbone_weights("mobilenetv2", str(path)) for path in (TFLITE, KERAS))
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
    from keras.src.utils import file_utils

    for name, backbone in BACKBONES.items():
        asked = {}

        def get_file(file, origin, asked=asked, **more):
            asked.update(more, file=file, origin=origin)
            raise InterruptedError

        network = mobilenet(64, backbone.application)
        assert network.count_params() == backbone.values, name
        monkeypatch.setattr(file_utils, "get_file", get_file)
        with pytest.raises(InterruptedError):
            mobilenet(224, backbone.application, weights="imagenet")
        assert asked["file"] == backbone.file.name
        assert asked["origin"] == f"{backbone.file.folder}/{backbone.file.name}"
        assert asked.get("file_hash") == backbone.file.md5


def refusal(path, name="mobilenetv2"):
    with pytest.raises(TrainingError) as caught:
        backbone_weights(name, str(path))
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5", "a.tflite"])
def test_what_is_no_file_of_weights_is_a_sentence(tmp_path, name):
    path = tmp_path / name
    assert "No such file" in refusal(path)
    path.write_text("not weights at all")
    assert "give " in refusal(path)
    path.write_bytes(b"")
    assert "give " in refusal(path)
    path.unlink()
    path.mkdir()
    assert "no regular file" in refusal(path)
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(501 * 2**20)  # takes no room
    assert "500 MiB" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_pipe_or_a_socket_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    assert "no regular file" in refusal(tmp_path / "pipe.h5")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.h5"))
        assert "no regular file" in refusal(tmp_path / "socket.h5")


def test_a_name_that_tells_no_form_is_a_sentence(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"")
    assert "tflite" in refusal(tmp_path / "a.pkl")
    (tmp_path / "a.tflite").write_bytes(b"")
    assert "tflite" not in refusal(tmp_path / "a.tflite", "resnet50").split(";")[1]
    assert "can't be read" in refusal("\0.h5")


@tensorflow
def test_a_file_that_was_cut_off_is_a_sentence(tmp_path, saved):
    whole = saved.read_bytes()
    (tmp_path / "half.weights.h5").write_bytes(whole[: len(whole) // 2])
    assert "can't be read as Keras weights" in refusal(tmp_path / "half.weights.h5")


@with_shared_weights
def test_a_tflite_file_with_any_part_missing_or_overwritten_is_at_most_a_sentence(tmp_path):
    whole, path = TFLITE.read_bytes(), tmp_path / "hurt.tflite"
    for kept in (10, 1000, len(whole) // 2, len(whole) - 100_000):
        path.write_bytes(whole[:kept])
        assert refusal(path)
    random = np.random.default_rng(0)
    for _ in range(20):
        place = int(random.integers(8, len(whole) - 100_000))
        path.write_bytes(whole[:place] + random.bytes(100_000) + whole[place + 100_000 :])
        with suppress(TrainingError):  # of what the backbone has nothing of: no error at all
            check_backbone_weights("mobilenetv2", str(path))


@tensorflow
def test_weights_of_another_network_are_a_sentence(tmp_path, trained, saved):
    import keras

    assert "another network than resnet50" in refusal(saved, "resnet50")
    with_top = keras.applications.MobileNetV2(weights=None, input_shape=(64, 64, 3))
    detector = keras.Sequential([trained, keras.layers.Conv2D(8, 1)])
    for number, network in enumerate((with_top, detector)):
        for form in ("weights.h5", "h5"):
            path = tmp_path / f"{number}.{form}"
            network.save_weights(path) if form == "weights.h5" else network.save(path)
            assert "another network" in refusal(path)


@tensorflow
def test_weights_of_other_shapes_that_are_as_many_are_a_sentence(tmp_path, saved):
    import h5py

    shutil.copy(saved, tmp_path / "turned.weights.h5")
    with h5py.File(tmp_path / "turned.weights.h5", "r+") as file:
        kernel = file["layers/conv2d/vars/0"][()]
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = kernel.T
    assert "another network" in refusal(tmp_path / "turned.weights.h5")


@tensorflow
def test_numbers_that_are_not_finite_are_a_sentence(tmp_path, saved):
    import h5py

    shutil.copy(saved, tmp_path / "nan.weights.h5")
    with h5py.File(tmp_path / "nan.weights.h5", "r+") as file:
        file["layers/conv2d/vars/0"][0, 0, 0, 0] = np.nan
    assert "layers/conv2d/vars/0 holds a number that is not finite" in refusal(
        tmp_path / "nan.weights.h5"
    )


def test_arrays_in_other_files_or_larger_than_the_file_are_not_read(tmp_path):
    import h5py

    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["a"] = h5py.ExternalLink("/etc/passwd", "/a")
    assert "leads to other places" in refusal(tmp_path / "link.h5")
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("a", (8,), "f4", external=[("/etc/passwd", 0, 32)])
    assert "leads to other places" in refusal(tmp_path / "external.h5")
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("a", (2**38,), "f4", chunks=(2**20,), compression="gzip")
    assert "over 500 MiB" in refusal(tmp_path / "bomb.h5")
    with h5py.File(tmp_path / "loop.h5", "w") as file:
        file["again"] = file["/"]
    assert "another network" in refusal(tmp_path / "loop.h5")


def test_a_file_is_checked_without_tensorflow(tmp_path):
    import subprocess

    (tmp_path / "a.h5").write_bytes(b"")
    code = (
        "import sys\nfrom models.errors import TrainingError\n"
        "from models.yolo.backbone_weights import check_backbone_weights\n"
        "try:\n    check_backbone_weights('mobilenetv2', sys.argv[1])\n"
        "except TrainingError:\n    print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.h5"],
        check=True,
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["False", "False"]


@tensorflow
def test_the_weights_for_imagenet_are_those_in_kerass_cache(tmp_path, monkeypatch, trained):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    trained.save(tmp_path / "models" / BACKBONES["mobilenetv2"].file.name)
    got = backbone_weights("mobilenetv2", IMAGENET)
    np.testing.assert_array_equal(got[0], trained.get_weights()[0])
