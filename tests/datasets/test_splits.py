from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from voc_files import write_image, write_xml

from datasets.annotations import SPLITS, Annotations, DatasetError, LabelledImage
from datasets.duplicates import file_sha256
from datasets.problems import Kind
from datasets.reading import read_dataset
from datasets.settings import DatasetSettings
from datasets.splits import split_sha256, with_an_object, with_each_class, with_objects_in_val


def classes_set(folder, counts):
    """A set without splits: so many images of each class."""
    number = 0
    for name, count in counts.items():
        for _ in range(count):
            write_image(folder / f"{number:03}.png", seed=number)
            write_xml(folder / f"{number:03}.xml", [(name, (1, 1, 9, 9))])
            number += 1
    return folder


def test_a_set_without_splits_is_divided_evenly_over_its_classes(tmp_path):
    dataset = read_dataset(classes_set(tmp_path, {"many": 80, "few": 20}))
    assert [len(dataset.splits[split]) for split in SPLITS] == [70, 15, 15]
    for split, few in [("val", 3), ("test", 3)]:
        names = Counter(int(i.annotations.labels[0]) for i in dataset.splits[split])
        assert names[0] == few
    everything = [i.name for split in SPLITS for i in dataset.splits[split]]
    assert len(set(everything)) == 100


def test_the_same_files_give_the_same_splits_whatever_they_are_called(tmp_path):
    first = read_dataset(classes_set(tmp_path / "one", {"a": 30}))
    for path in sorted((tmp_path / "one").iterdir()):
        target = tmp_path / "two" / f"renamed-{999 - int(path.stem)}{path.suffix}"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    second = read_dataset(tmp_path / "two")

    def contents(dataset, split):
        return {image.path.read_bytes() for image in dataset.splits[split]}

    for split in SPLITS:
        assert contents(first, split) == contents(second, split)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["train", "test"], "no val split"),
        (["train", "valid"], "its val split is the test split"),
    ],
)
def test_missing_splits_are_drawn_from_train_and_said(tmp_path, folders, expected):
    for index, folder in enumerate(folders * 10):
        write_image(tmp_path / folder / f"{index}.png", seed=index)
        write_xml(tmp_path / folder / f"{index}.xml")
    dataset = read_dataset(tmp_path)
    assert len(dataset.splits["test"]) == 10
    assert len(dataset.splits["train"]) + len(dataset.splits["val"]) == 10
    assert any(expected in str(problem) for problem in dataset.problems)


def split_set(folder, objects):
    """A set with splits of its own: for each image in each, whether it has an object."""
    number = 0
    for split, flags in objects.items():
        for is_there in flags:
            write_image(folder / split / f"{number:03}.png", seed=number)
            write_xml(folder / split / f"{number:03}.xml", [("a", (1, 1, 9, 9))] * is_there)
            number += 1
    return folder


def remarks(dataset):
    return [str(problem) for problem in dataset.problems if problem.kind is Kind.SPLIT]


def test_a_val_split_without_objects_gets_some_from_train_and_it_is_said(tmp_path):
    objects = {"train": [True] * 12 + [False] * 4, "val": [False] * 2, "test": [True] * 2}
    dataset = read_dataset(split_set(tmp_path, objects))
    val = [len(image.annotations) for image in dataset.splits["val"]]
    assert sorted(val) == [0, 0, 1, 1, 1]
    assert len(dataset.splits["train"]) == 13
    assert remarks(dataset) == [
        "the val split has no object to be found: 3 images drawn from train are added to it"
    ]


def test_a_train_split_that_has_no_object_to_spare_keeps_it_and_it_is_said(tmp_path):
    objects = {"train": [True, False, False], "val": [False] * 2, "test": [True] * 2}
    dataset = read_dataset(split_set(tmp_path, objects))
    assert [len(dataset.splits[split]) for split in SPLITS] == [3, 2, 2]
    (remark,) = remarks(dataset)
    assert "train has none to spare" in remark


def test_ignored_objects_alone_are_no_objects_to_validate_on(tmp_path):
    objects = {"train": [True] * 12, "val": [True] * 2, "test": [True] * 2}
    dataset = read_dataset(split_set(tmp_path, objects))
    assert with_objects_in_val(dataset, 0.15, file_sha256) is dataset
    hidden = [
        replace(image, annotations=Annotations(truth.boxes, truth.labels, [True] * len(truth)))
        for image in dataset.splits["val"]
        for truth in [image.annotations]
    ]
    ignored = replace(dataset, splits={**dataset.splits, "val": tuple(hidden)})
    completed = with_objects_in_val(ignored, 0.15, file_sha256)
    assert len(completed.splits["val"]) == 4
    assert len(completed.splits["train"]) == 10


def test_images_chosen_of_a_sparse_split_have_an_object_if_any_has(tmp_path):
    objects = {"train": [True] * 4, "val": [False, False, True, False, True], "test": [True]}
    val = read_dataset(split_set(tmp_path, objects)).splits["val"]
    assert with_an_object(val[::2], val) == val[::2]
    assert with_an_object(val[:2], val) == (val[2], val[4])
    assert with_an_object(val[:1], val) == (val[2],)
    assert with_an_object(val[:2], val[:2]) == val[:2]


def test_some_images_of_many_have_the_rare_classes_too():
    box = [0.0, 0, 9, 9]
    labels = dict.fromkeys(range(200), 0) | {150: 1, 151: 1, 199: 2}
    images = [
        LabelledImage(f"{place:03}", Path("a"), 9, 9, Annotations([box], [label]))
        for place, label in labels.items()
    ]
    assert with_each_class(images, 200) == tuple(images)
    some = with_each_class(images, 20)
    assert [image.name for image in some] == sorted({image.name for image in some})
    assert Counter(labels[int(image.name)] for image in some) == {0: 17, 1: 2, 2: 1}
    assert len({int(image.name) // 50 for image in some}) == 4
    bare = [replace(image, annotations=Annotations()) for image in images]
    assert len(with_each_class(bare, 20)) == 20


def test_the_hash_of_the_splits_sees_a_moved_box(tmp_path):
    classes_set(tmp_path, {"a": 6})
    before = split_sha256(read_dataset(tmp_path).splits)
    write_xml(tmp_path / "003.xml", [("a", (1, 1, 9, 8))])
    assert split_sha256(read_dataset(tmp_path).splits) != before


def folder_set(folder, split, count, objects=(("a", (1, 1, 9, 9)),), difficult=0):
    """So many images of one split."""
    for index in range(count):
        write_image(folder / split / f"{split}{index}.png", seed=100 * SPLITS.index(split) + index)
        write_xml(folder / split / f"{split}{index}.xml", objects, difficult=difficult)


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_set_of_one_split_is_only_divided_when_asked_for(tmp_path, split):
    folder_set(tmp_path, split, 20)
    sentence = rf"only a {split} split \(20 images\).*--set dataset\.split=70/15/15"
    with pytest.raises(DatasetError, match=sentence):
        read_dataset(tmp_path)
    dataset = read_dataset(tmp_path, settings=DatasetSettings(split="60/20/20"))
    assert [len(dataset.splits[split]) for split in SPLITS] == [12, 4, 4]
    assert any("divided anew" in str(problem) for problem in dataset.problems)


@pytest.mark.parametrize(
    ("objects", "difficult", "sentence"),
    [
        ([], 0, "the test split has no object: no figure can be given"),
        ([("a", (1, 1, 9, 9))], 1, "the test split has no object that is not ignored"),
    ],
)
def test_a_split_without_objects_is_said_at_the_start(tmp_path, objects, difficult, sentence):
    for split in SPLITS:
        folder_set(tmp_path, split, 3)
    folder_set(tmp_path, "test", 3, objects, difficult)
    problems = [str(problem) for problem in read_dataset(tmp_path).problems]
    assert [problem for problem in problems if "has no object" in problem] == [
        next(problem for problem in problems if problem.startswith(sentence))
    ]
