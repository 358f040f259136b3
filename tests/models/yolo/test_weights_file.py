"""Files of weights that are none, broken, or made to do harm."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from mobilenets import SHARED_TFLITE, trained_mobilenet, with_shared_weights

from models.errors import TrainingError
from models.yolo.backbone_weights import backbone_weights, check_backbone_weights

tensorflow = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def trained():
    return trained_mobilenet()


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "own.weights.h5"
    trained.save_weights(path)
    return path


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
    whole, path = SHARED_TFLITE.read_bytes(), tmp_path / "hurt.tflite"
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
    shutil.copy(saved, tmp_path / "turned.weights.h5")
    with h5py.File(tmp_path / "turned.weights.h5", "r+") as file:
        kernel = file["layers/conv2d/vars/0"][()]
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = kernel.T
    assert "another network" in refusal(tmp_path / "turned.weights.h5")


@tensorflow
def test_numbers_that_are_not_finite_are_a_sentence(tmp_path, saved):
    shutil.copy(saved, tmp_path / "nan.weights.h5")
    with h5py.File(tmp_path / "nan.weights.h5", "r+") as file:
        file["layers/conv2d/vars/0"][0, 0, 0, 0] = np.nan
    assert "layers/conv2d/vars/0 holds a number that is not finite" in refusal(
        tmp_path / "nan.weights.h5"
    )


def test_arrays_in_other_files_or_larger_than_the_file_are_not_read(tmp_path):
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["a"] = h5py.ExternalLink("/etc/passwd", "/a")
    assert "leads to other places" in refusal(tmp_path / "link.h5")
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("a", (8,), "f4", external=[("/etc/passwd", 0, 32)])
    assert "leads to other places" in refusal(tmp_path / "external.h5")
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("a", (2**38,), "f4", chunks=(2**20,), compression="gzip")
    assert "over 500 MiB" in refusal(tmp_path / "bomb.h5")
    with h5py.File(tmp_path / "bomb_of_integers.h5", "w") as file:
        file.create_dataset("a", (2**38,), "i1", chunks=(2**20,))
    assert "over 500 MiB" in refusal(tmp_path / "bomb_of_integers.h5")
    with h5py.File(tmp_path / "chunk.h5", "w") as file:
        file.create_dataset("a", (8,), "f4", maxshape=(None,), chunks=(2**28,), compression="gzip")
    assert "over 500 MiB" in refusal(tmp_path / "chunk.h5")
    with h5py.File(tmp_path / "text.h5", "w") as file:
        file["a"] = "text"
    assert "/a holds no numbers" in refusal(tmp_path / "text.h5")
    with h5py.File(tmp_path / "loop.h5", "w") as file:
        file["again"] = file["/"]
    assert "another network" in refusal(tmp_path / "loop.h5")


def test_a_file_is_checked_without_tensorflow(tmp_path):
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
