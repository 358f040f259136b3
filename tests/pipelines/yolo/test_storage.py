import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from pipelines.system.loading import LoadingError

pytestmark = pytest.mark.tensorflow
CLASSES, INPUT = ("cat", "dog"), (64, 96)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, simple_blocks):
    """An untrained network of two classes, and one of three."""
    from models.yolo.network import build_network
    from models.yolo.settings import YoloSettings
    from pipelines.yolo.storage import save_yolo

    place = tmp_path_factory.mktemp("networks")
    for name, classes in (("two", CLASSES), ("three", (*CLASSES, "horse"))):
        network = build_network(INPUT, len(classes), 2, 1, "small")
        save_yolo(network, classes, YoloSettings(width=2), 100, place / name)
        if name == "two":
            network.set_weights([each * np.nan for each in network.get_weights()])
            network.save_weights(place / "nan.weights.h5")
    return place


@pytest.fixture
def folder(saved, tmp_path):
    shutil.copytree(saved / "two", tmp_path / "model")
    return tmp_path / "model"


def test_a_saved_network_is_loaded_in_both_forms(folder):
    from pipelines.yolo.storage import load_network, load_yolo

    assert load_yolo(folder).classes == CLASSES
    assert load_network(folder).input_shape[1:3] == INPUT


@pytest.mark.parametrize("name", ["network.weights.h5", "network.tflite", "settings.json"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 2.0, None], ids=str)
def test_files_that_are_cut_off_strange_or_missing_are_said_in_a_sentence(folder, name, share):
    from pipelines.yolo.storage import load_litert, load_network, saved_yolo

    data = (folder / name).read_bytes()
    if share is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"strange" if share > 1 else data[: int(share * len(data))])

    def load():
        described = saved_yolo(folder)
        load_litert(folder, described, 1) if name.endswith("tflite") else load_network(folder)

    with pytest.raises(LoadingError, match="can't be loaded") as raised:
        load()
    assert "\n" not in str(raised.value)


def test_a_form_of_another_network_is_refused(folder, saved):
    from pipelines.yolo.storage import load_network, load_yolo

    for name in ("network.tflite", "network.weights.h5"):
        shutil.copyfile(saved / "three" / name, folder / name)
    with pytest.raises(LoadingError, match="takes and gives"):
        load_yolo(folder)
    with pytest.raises(LoadingError, match="can't be loaded"):
        load_network(folder)


def test_weights_that_are_no_numbers_are_refused_and_so_are_such_answers(folder, saved):
    from pipelines.yolo.storage import load_network, load_yolo

    shutil.copyfile(saved / "nan.weights.h5", folder / "network.weights.h5")
    with pytest.raises(LoadingError, match="not finite"):
        load_network(folder)
    detector = load_yolo(folder)
    forward = detector.forward
    broken = replace(detector, forward=lambda picture: np.full_like(forward(picture), np.nan))
    with pytest.raises(LoadingError, match="not finite"):
        broken.detect(np.zeros((40, 60, 3), np.uint8))


@pytest.mark.parametrize(
    "changed", [{"limit": 0}, {"input_hw": [64, 10**9]}, {"input_hw": [-32, 64]}, {"classes": 5}]
)
def test_settings_out_of_their_range_are_refused(folder, changed):
    from pipelines.yolo.storage import load_yolo

    path = folder / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with pytest.raises(LoadingError, match="can't be loaded"):
        load_yolo(folder)
