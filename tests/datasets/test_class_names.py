import numpy as np
import pytest
from set_files import everything, write_coco_set
from voc_files import found_in, write_image, write_xml

from datasets.annotations import DatasetError
from datasets.class_names import judged_where_learnt
from datasets.reading import read_dataset
from datasets.settings import DatasetSettings
from pipelines.detections import Detections
from pipelines.evaluation.quality import score
from pipelines.evaluation.undefined import plain

BOX = (0, 0, 9, 9)


def test_names_that_differ_by_case_or_blanks_are_named_and_kept_apart(tmp_path):
    write_coco_set(tmp_path, [[("Cat", BOX), ("cat", BOX)], [("cat", BOX), ("hot dog", BOX)]])
    found, problems = found_in(tmp_path)
    assert found.classes == ("Cat", "cat", "hot dog")
    (problem,) = problems
    assert "'cat' and 'Cat' differ by case or blanks" in problem
    assert "dataset.merge_classes=true" in problem


def test_such_names_are_merged_under_the_commonest_on_request(tmp_path):
    write_coco_set(tmp_path, [[("Cat", BOX), ("cat", BOX)], [("cat", BOX), ("c at ", BOX)]])
    found, problems = found_in(tmp_path, merge_classes=True)
    assert found.classes == ("cat",)
    assert all(set(i.annotations.labels.tolist()) == {0} for i in everything(found).values())
    (problem,) = problems
    assert "taken for one, 'cat'" in problem


def test_labels_follow_names_whatever_the_order_of_files(tmp_path):
    for seed, (split, names) in enumerate({"train": "ba", "val": "ab", "test": "cb"}.items()):
        write_image(tmp_path / split / "1.png", seed=seed)
        write_xml(tmp_path / split / "1.xml", [(name, (1, 1, 9, 9)) for name in names])
    found, _ = found_in(tmp_path)
    assert found.classes == ("a", "b", "c")
    labels = {split: i[0].annotations.labels.tolist() for split, i in found.splits.items()}
    assert labels == {"train": [1, 0], "val": [0, 1], "test": [2, 1]}


def test_a_class_that_train_has_at_most_once_is_said_and_not_judged(tmp_path):
    objects = {
        "train": [("cat", (1, 1, 9, 9)), ("cat", (1, 1, 19, 9)), ("rare", (1, 1, 9, 9))],
        "val": [("cat", (1, 1, 9, 9))],
        "test": [("cat", (1, 1, 9, 9)), ("rare", (1, 1, 9, 9)), ("new", (1, 1, 9, 9))],
    }
    for seed, (split, items) in enumerate(objects.items()):
        write_image(tmp_path / split / "1.png", seed=seed)
        write_xml(tmp_path / split / "1.xml", items)
    dataset = read_dataset(tmp_path)
    problems = [str(problem) for problem in dataset.problems]
    assert any("class new: 1 boxes in test but none in train" in text for text in problems)
    assert any("class rare: 1 boxes in test but only one in train" in text for text in problems)
    judged = judged_where_learnt(dataset)
    np.testing.assert_array_equal(judged.splits["test"][0].annotations.ignore, [False, True, True])
    assert not judged.splits["train"][0].annotations.ignore.any()
    truth = judged.splits["test"][0].annotations
    quality = plain(
        score([truth], [Detections(truth.boxes, [0.9] * 3, truth.labels)], judged.classes)
    )
    figures = {name: each["ap_50"] for name, each in quality["per_class"].items()}
    assert figures == {"cat": 1.0, "new": None, "rare": None}
    assert quality["map_50"] == 1.0


@pytest.mark.parametrize(
    ("split", "sizes"), [("80/10/10", [80, 10, 10]), ("2,1,1", [50, 25, 25]), (None, [70, 15, 15])]
)
def test_shares_of_drawn_splits_are_a_setting(tmp_path, split, sizes):
    write_coco_set(tmp_path, [[("cat", BOX)]] * 100)
    settings = DatasetSettings() if split is None else DatasetSettings(split=split)
    dataset = read_dataset(tmp_path, settings=settings)
    assert [len(dataset.splits[name]) for name in ("train", "val", "test")] == sizes


def test_a_set_with_no_usable_box_is_refused_with_its_first_problem(tmp_path):
    write_coco_set(tmp_path, [[("cat", (1, 1, 0, 0))]])
    with pytest.raises(DatasetError, match="nothing to learn"):
        found_in(tmp_path)
