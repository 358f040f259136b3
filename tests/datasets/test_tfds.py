"""TensorFlow Datasets through its own mock: examples are ours, the builders theirs."""

import io

import numpy as np
import pytest
from PIL import Image
from set_files import everything
from voc_files import found_in

from datasets.annotations import DatasetError
from datasets.progress import silently

pytestmark = [
    pytest.mark.tensorflow,
    # Its generated protocol buffers and its use of pkg_resources are not ours to change.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
tfds = pytest.importorskip("tensorflow_datasets", reason="the extra tfds is not installed")


def jpeg(seed, size):
    stream = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def examples(objects, empty=()):
    """What `as_dataset` gives: two encoded images a split, those of ``empty`` without objects."""
    import tensorflow as tf

    def as_dataset(self, split=None, decoders=None, **more):
        assert isinstance(decoders["image"], tfds.decode.SkipDecoding)
        rows = [{k: v[:0] for k, v in o.items()} if split in empty else o for o in objects]
        images = [jpeg(len(split) * 10 + n, (40, 20)) for n in range(len(rows))]
        key = "faces" if self.name == "wider_face" else "objects"
        one = [
            tf.data.Dataset.from_tensors({"image": image, key: row})
            for image, row in zip(images, rows, strict=True)
        ]
        joined = one[0]
        for other in one[1:]:
            joined = joined.concatenate(other)
        return joined

    return as_dataset


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def voc_objects(count):
    return {
        "bbox": np.array([[0.5, 0.25, 1.0, 0.75]] * count, np.float32),  # ymin, xmin, ymax, xmax
        "label": np.array([14] * count, np.int64),
        "is_difficult": np.array([True, False, False][:count]),
    }


def test_a_set_becomes_a_folder_with_its_splits_classes_and_very_files():
    from datasets.tfds import stored_folder

    make = examples([voc_objects(2), voc_objects(1)])
    with tfds.testing.mock_data(as_dataset_fn=make):
        folder = stored_folder("voc/2007", silently)
    found, problems = found_in(folder)
    assert not problems
    assert folder.name == "voc-2007"
    assert {split: len(images) for split, images in found.splits.items()} == {
        "train": 2,
        "val": 2,
        "test": 2,
    }
    image = found.splits["test"][0]
    assert image.path.read_bytes() == jpeg(40, (40, 20))
    assert found.classes[image.annotations.labels[0]] == "person"
    assert len(found.classes) == 20
    np.testing.assert_array_equal(image.annotations.boxes, [[10, 10, 30, 20]] * 2)
    assert image.annotations.ignore.tolist() == [True, False]


def test_a_set_that_is_there_is_not_stored_again():
    from datasets.tfds import stored_folder

    make = examples([voc_objects(1)])
    with tfds.testing.mock_data(as_dataset_fn=make):
        first = stored_folder("voc/2007", silently)
    with tfds.testing.mock_data(as_dataset_fn=lambda *a, **k: pytest.fail("asked again")):
        assert stored_folder("voc/2007", silently) == first


def test_a_split_that_keeps_its_boxes_to_itself_is_left_out():
    from datasets.tfds import stored_folder

    faces = {"bbox": np.array([[0, 0, 0.5, 0.5]], np.float32), "invalid": np.array([False])}
    with tfds.testing.mock_data(as_dataset_fn=examples([faces], empty={"test"})):
        folder = stored_folder("wider_face", silently)
    found, _ = found_in(folder)
    assert set(found.splits) == {"train", "val"}
    assert found.classes == ("face",)
    assert not any("test" in name for name in everything(found))


@pytest.mark.parametrize(
    ("name", "message"),
    [("no_such_set", "is no TensorFlow dataset"), ("mnist", "its examples have no boxes")],
)
def test_what_is_no_detection_set_is_refused_in_a_sentence(name, message):
    from datasets.tfds import stored_folder

    with pytest.raises(DatasetError, match=f"tfds:{name}: {message}") as error:
        stored_folder(name, silently)
    assert "\n" not in str(error.value)


def test_a_download_that_fails_is_refused_and_leaves_nothing(cache, monkeypatch):
    from datasets.tfds import stored_folder

    def fail(*arguments, **more):
        raise ConnectionError("no network\nat all")

    with tfds.testing.mock_data():
        monkeypatch.setattr("tensorflow_datasets.core.DatasetBuilder.download_and_prepare", fail)
        with pytest.raises(DatasetError, match=r"can't be downloaded \(no network\)"):
            stored_folder("voc/2007", silently)
    assert not [path for path in cache.rglob("*") if path.is_file()]
