import json

import pytest

from models.yolo import downloads, seen_classes
from models.yolo.seen_classes import CLASS_INDEX, CLASSES, classes_seen, classes_seen_before
from models.yolo.settings import IMAGENET


@pytest.mark.parametrize(
    ("own", "seen"),
    [
        ("cat", "Egyptian cat"),
        ("cat", "Siamese_cat"),
        ("Cats", "cat"),
        ("traffic-light", "traffic_light"),
        ("TRAFFIC LIGHTS", "traffic light"),
        ("bus", "school buses"),
        ("buses", "minibus school bus"),
        ("glasses", "wine glass"),
        ("horse", "horses"),
        ("猫", "猫"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_class_that_was_seen_is_found_whatever_way_it_is_written(own, seen):
    assert classes_seen_before(["other", own], ["thing", seen]) == (own,)


@pytest.mark.parametrize(
    ("own", "seen"),
    [
        ("king", "king penguin"),
        ("cat", "catamaran"),
        ("cat", "wildcat"),
        ("tabby cat", "cat"),
        ("s", "es"),
        ("", "cat"),
        ("_", "-"),
        ("red blood cell", "cell"),
        ("crane", "Crab"),
    ],
)
def test_another_thing_is_not_taken_for_it(own, seen):
    assert classes_seen_before([own], [seen]) == ()


def test_nothing_is_known_of_a_file_but_what_the_user_names():
    assert classes_seen("mine.h5") == ()
    assert classes_seen("mine.h5", ("a", "b")) == ("a", "b")
    assert classes_seen(IMAGENET, ("a", "b")) == ("a", "b")
    assert classes_seen("none") == ()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(seen_classes, "CLASS_INDEX", CLASS_INDEX._replace(folder="http://[::1]:9"))
    monkeypatch.setattr(downloads, "LONGEST_SILENCE_S", 2.0)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_imagenets_classes_are_those_of_kerass_index(cache):
    index = {str(label): [f"n{label:08}", f"class_{label}"] for label in range(CLASSES)}
    (cache / CLASS_INDEX.name).write_text(json.dumps(index))
    assert classes_seen(IMAGENET)[:2] == ("class_0", "class_1")
    assert len(classes_seen(IMAGENET)) == CLASSES


@pytest.mark.tensorflow
@pytest.mark.parametrize("kept", [None, "<html>", "{}", "[]", "[" * 100_000])
def test_without_an_index_nothing_is_known(cache, kept):
    if kept is not None:
        (cache / CLASS_INDEX.name).write_text(kept)
    assert classes_seen(IMAGENET) == ()


@pytest.mark.tensorflow
def test_the_address_is_kerass_own(monkeypatch):
    import numpy as np
    from keras.applications import imagenet_utils
    from keras.src.utils import file_utils

    asked = {}

    def get_file(file, origin, **more):
        asked.update(more, file=file, origin=origin)
        raise InterruptedError

    monkeypatch.setattr(file_utils, "get_file", get_file)
    with pytest.raises(InterruptedError):
        imagenet_utils.decode_predictions(np.zeros((1, CLASSES)))
    assert asked["origin"] == f"{CLASS_INDEX.folder}/{CLASS_INDEX.name}"
    assert (asked["file"], asked["file_hash"]) == (CLASS_INDEX.name, CLASS_INDEX.md5)
