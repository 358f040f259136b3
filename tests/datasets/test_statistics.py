"""The numbers of a set, and how they are written."""

import msgspec
import numpy as np
from voc_files import found_in, write_set, write_xml

from datasets.annotations import Annotations, Dataset, LabelledImage
from datasets.statistics import percentiles, statistics


def test_a_class_without_boxes_has_no_sizes_and_null_in_json(tmp_path):
    image = LabelledImage("a", tmp_path / "a", 60, 40, Annotations([(0, 0, 10, 20)], [1]))
    numbers = statistics(Dataset("set", "voc", ("cat", "dog"), {"train": (image,), "": ()}))
    assert np.isnan(list(numbers.classes["cat"].width_px.values())).all()
    assert numbers.classes["dog"].height_px["p50"] == 20
    written = msgspec.json.decode(msgspec.json.encode(numbers))
    assert set(written["classes"]["cat"]["width_px"].values()) == {None}
    assert written["splits"] == {
        "train": {"images": 1, "boxes": 1},
        "": {"images": 0, "boxes": 0},
    }


def test_boxes_are_counted_by_image_split_and_size(tmp_path):
    write_set(tmp_path, count=3)
    # 33 × 33 pixels, counted from 1 and inclusive.
    write_xml(tmp_path / "im1.xml", [("cat", (1, 1, 33, 33)), ("dog", (1, 1, 5, 5))])
    numbers = statistics(found_in(tmp_path)[0])
    assert (numbers.images, numbers.boxes) == (3, 4)
    assert (numbers.classes["cat"].images, numbers.classes["cat"].boxes) == (3, 3)
    assert numbers.classes["dog"].boxes_by_split == {"": 1}
    assert numbers.boxes_by_size == {"small": 3, "medium": 1, "large": 0}
    assert numbers.boxes_an_image["p100"] == 2


def test_percentiles_are_numpy_s_by_name():
    values = np.random.default_rng(0).normal(size=101)
    expected = [values.min(), *np.percentile(values, (10, 50, 90)), values.max()]
    np.testing.assert_allclose(list(percentiles(values).values()), expected)
    assert list(percentiles([])) == ["p0", "p10", "p50", "p90", "p100"]
