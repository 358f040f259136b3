from pathlib import Path

import numpy as np
import pytest
from set_files import write_coco_set

from datasets.annotations import Annotations, LabelledImage
from datasets.errors import UserError
from datasets.groups import group_numbers, joined_groups, named_groups
from datasets.reading import read_dataset
from datasets.settings import DatasetSettings

HASHES = {"a1.jpg": 0, "a2.jpg": 2**40 - 1, "b1.jpg": 0b111, "b2.jpg": 2**60 - 2**20, "c.jpg": 5}


def images():
    return [LabelledImage(name, Path(name), 4, 3, Annotations()) for name in HASHES]


def groups_of(found):
    return {image.name: image.group for image in found}


def test_a_group_is_what_the_parentheses_match_or_all_of_it():
    found = groups_of(named_groups(images(), "^([ab])[0-9]"))
    assert found == {"a1.jpg": "a", "a2.jpg": "a", "b1.jpg": "b", "b2.jpg": "b", "c.jpg": ""}
    assert groups_of(named_groups(images(), "^[bc]"))["b2.jpg"] == "b"
    assert set(groups_of(named_groups(images(), "")).values()) == {""}


def test_images_that_look_alike_and_those_they_share_a_name_with_are_one_group():
    found = groups_of(joined_groups(named_groups(images(), "^(b)"), HASHES, 4))
    assert found == {
        **dict.fromkeys(("a1.jpg", "b1.jpg", "b2.jpg", "c.jpg"), "a1.jpg"),
        "a2.jpg": "",
    }


def test_images_without_a_group_are_each_their_own():
    numbers = group_numbers(["x", "", "x", "", "y"])
    assert numbers[0] == numbers[2]
    assert len(np.unique(numbers)) == 4
    assert sorted(np.unique(numbers)) == [0, 1, 2, 3]


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(UserError, match="regular expression"):
        DatasetSettings(group="(")


def test_a_group_comes_into_one_split_where_splits_are_drawn(tmp_path):
    write_coco_set(tmp_path, [[("cat", (0, 0, 9, 9))]] * 60)  # 0.png to 59.png
    dataset = read_dataset(tmp_path, settings=DatasetSettings(group="(.)[.]png"))
    split_of = {image.group: split for split, found in dataset.splits.items() for image in found}
    for split, found in dataset.splits.items():
        assert {split_of[image.group] for image in found} == {split}
        assert all(image.name[-5] == image.group for image in found)
