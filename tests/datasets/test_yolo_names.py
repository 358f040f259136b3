import pytest
from set_files import everything, write_yolo_set
from voc_files import found_in, write_image

LINE = "0 0.5 0.5 0.5 0.5\n"
WORDS = ["yes", "no", "on", "null", "~", "007", "12:30", "1_0", "2020-01-01", "1e3", "0x1F", ".5"]


@pytest.mark.parametrize("word", WORDS)
def test_names_are_text_as_it_is_written(tmp_path, word):
    write_yolo_set(tmp_path / "list", [LINE], f"names: [{word}, other]\ntrain: images\n")
    assert found_in(tmp_path / "list")[0].classes == tuple(sorted([word, "other"]))
    write_yolo_set(tmp_path / "map", [LINE], f"names:\n  0: {word}\n  1: 'no'\ntrain: images\n")
    assert word in found_in(tmp_path / "map")[0].classes


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_an_entry_without_a_value_is_none(tmp_path, nothing):
    yaml = f"path: {nothing}\nnames: [cat]\ntrain: images\nval: {nothing}\n"
    found, problems = found_in(write_yolo_set(tmp_path, [LINE], yaml))
    assert list(found.splits) == ["train"]
    assert not problems


def test_the_description_of_a_network_is_not_taken_for_the_sets(tmp_path):
    write_yolo_set(tmp_path, [LINE])
    network = "nc: 2\nanchors:\n  - [10, 13]\nbackbone:\n  [[-1, 1, Focus, [64, 3]]]\n"
    (tmp_path / "a_network.yaml").write_text(network)
    found, problems = found_in(tmp_path)
    assert found.classes == ("cat", "dog")
    assert list(found.splits) == ["train"]
    assert not problems


def test_a_description_that_only_counts_classes_leaves_their_names_to_a_list(tmp_path):
    write_yolo_set(tmp_path, [LINE], "nc: 2\ntrain: images\n")
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    assert found_in(tmp_path)[0].classes == ("cat", "dog")


def test_a_number_of_classes_that_is_not_that_of_the_names_is_said(tmp_path):
    write_yolo_set(tmp_path, [LINE], "nc: 3\nnames: [cat, dog]\ntrain: images\n")
    found, problems = found_in(tmp_path)
    assert found.classes == ("cat", "dog")
    assert problems == ["data.yaml: says nc: 3 and names 2 classes; the names count"]


@pytest.mark.parametrize("name", ["coco.names", "names.txt", "predefined_classes.txt"])
def test_a_list_that_tools_have_for_more_sets_counts_where_there_is_no_other(tmp_path, name):
    write_yolo_set(tmp_path, [LINE], yaml="")
    (tmp_path / name).write_text("dog\ncat\nsheep\n")
    assert found_in(tmp_path)[0].classes == ("cat", "dog", "sheep")
    (tmp_path / "labels" / "classes.txt").write_text("cat\ndog\n")
    assert found_in(tmp_path)[0].classes == ("cat", "dog")


def test_a_list_of_images_is_none_of_names(tmp_path):
    write_yolo_set(tmp_path, [LINE], yaml="")
    (tmp_path / "names.txt").write_text("images/0.png\n")
    assert found_in(tmp_path)[0].classes == ("0",)


def write_two_lists(folder, orders):
    for seed, (split, names) in enumerate(orders.items()):
        write_image(folder / split / f"{seed}.png", seed=seed)
        (folder / split / f"{seed}.txt").write_text(LINE)
        (folder / split / "classes.txt").write_text("\n".join(names))


def test_each_list_of_names_counts_for_the_labels_beside_it(tmp_path):
    write_two_lists(tmp_path, {"train": ["cat", "dog"], "valid": ["dog", "cat"]})
    found, problems = found_in(tmp_path)
    assert {n: found.classes[i.annotations.labels[0]] for n, i in everything(found).items()} == {
        "train/0.png": "cat",
        "valid/1.png": "dog",
    }
    assert problems == [
        "valid/classes.txt: names other classes than train/classes.txt, and each counts for the "
        "labels nearest"
    ]


def test_lists_that_agree_are_nothing_to_say(tmp_path):
    write_two_lists(tmp_path, {"train": ["cat", "dog"], "valid": ["cat", "dog"]})
    assert found_in(tmp_path)[1] == []


def test_the_description_counts_where_a_list_disagrees(tmp_path):
    write_yolo_set(tmp_path, [LINE])
    (tmp_path / "labels" / "classes.txt").write_text("dog\ncat\n")
    found, problems = found_in(tmp_path)
    assert found.classes[everything(found)["images/0.png"].annotations.labels[0]] == "cat"
    assert problems == ["labels/classes.txt: names other classes than data.yaml, which counts"]
