from dataclasses import replace

import numpy as np
import pytest
from witness_scenes import dataset_of, scenes

from datasets.annotations import Annotations, Duplicate
from datasets.errors import UserError
from pipelines.audit.folds import folds


def names(images):
    return [image.name for image in images]


def grouped(images=40, groups=20):
    dataset = dataset_of(scenes(images), splits=("train", "train2", "val", "test"))
    splits = {
        "train": dataset.splits["train"] + dataset.splits["train2"],
        "val": dataset.splits["val"],
        "test": dataset.splits["test"],
    }
    named = {
        split: tuple(replace(each, group=str(int(each.name[:4]) % groups)) for each in found)
        for split, found in splits.items()
    }
    return replace(dataset, splits=named)


def test_every_image_is_held_out_once():
    dataset = grouped()
    held = [name for fold in folds(dataset, 3, 0) for name in names(fold.splits["test"])]
    assert sorted(held) == sorted(
        name for found in dataset.splits.values() for name in names(found)
    )


def test_no_image_is_in_two_splits_of_a_fold_and_none_is_empty():
    for fold in folds(grouped(), 4, 0):
        every = [name for found in fold.splits.values() for name in names(found)]
        assert len(every) == len(set(every)) == 40
        assert all(fold.splits.values())


def test_images_of_one_group_and_such_as_look_alike_stay_together():
    dataset = grouped()
    alike = Duplicate("0000.png", "train", "0001.png", "test", distance=2)
    for fold in folds(replace(dataset, duplicates=(alike,)), 3, 0):
        where = {im.name: split for split, found in fold.splits.items() for im in found}
        for name, split in where.items():
            assert where[f"{(int(name[:4]) + 20) % 40:04}.png"] == split
        assert where["0000.png"] == where["0001.png"]


def test_folds_are_alike_in_images_and_classes():
    held = [fold.splits["test"] for fold in folds(grouped(120, 60), 3, 0)]
    assert [len(each) for each in held] == pytest.approx([40] * 3, abs=4)
    counts = [
        np.bincount(np.concatenate([im.annotations.labels for im in each]), minlength=3)
        for each in held
    ]
    assert np.ptp(counts, axis=0).max() <= 20


def test_the_validation_split_keeps_its_share():
    for fold in folds(grouped(), 5, 0):
        sizes = {split: len(found) for split, found in fold.splits.items()}
        assert sizes["val"] / (sizes["val"] + sizes["train"]) == pytest.approx(1 / 3, abs=0.1)


def test_more_folds_than_groups_are_refused():
    with pytest.raises(UserError, match="--folds 5: the set has 4 groups"):
        folds(grouped(40, 4), 5, 0)


def test_images_without_an_object_are_held_out_too():
    dataset = dataset_of([Annotations()] * 12, splits=("train", "val", "test"))
    assert sum(len(fold.splits["test"]) for fold in folds(dataset, 3, 0)) == 12
