import tracemalloc

import numpy as np
import pytest
from set_files import everything, write_images, write_yolo_set
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

LINE = "0 0.5 0.5 0.5 0.5\n"


def test_centres_and_fractions_become_corners_in_pixels(tmp_path):
    write_yolo_set(tmp_path, ["1 0.25 0.5 0.1 0.5\n0 .5 .5 1 1\n"])
    found, problems = found_in(tmp_path)
    truth = everything(found)["images/0.png"].annotations
    np.testing.assert_array_equal(truth.boxes, [[12, 10, 18, 30], [0, 0, 60, 40]])
    assert truth.labels.tolist() == [1, 0]
    assert found.classes == ("cat", "dog")
    assert not problems


def test_empty_label_files_are_background_and_missing_ones_are_counted(tmp_path):
    found, problems = found_in(write_yolo_set(tmp_path, [LINE, "", None]))
    assert {name: len(i.annotations) for name, i in everything(found).items()} == {
        "images/0.png": 1,
        "images/1.png": 0,
        "images/2.png": 0,
    }
    assert problems == ["images/2.png: has no label file, so it has no objects"]


@pytest.mark.parametrize(
    "entries",
    [
        "train: train/images\nval: valid/images\n",
        "train: ../train/images\nval: ../valid/images\n",
        "train: [train/images]\nval:\n  - valid/images\n",
        "train: train/images/*.png\nval: val*/**/*.png\n",
        "train: train.txt\nval: val.txt\n",
        "path: /home/somebody/set\ntrain: train/images\nval: valid\\images\n",
        "path: .\ntrain: ./train/images/\nval: ./valid/images\n",
    ],
)
def test_splits_are_folders_lists_and_patterns_written_in_any_usual_way(tmp_path, entries):
    for seed, split in enumerate(["train", "valid"]):
        write_image(tmp_path / split / "images" / "1.png", seed=seed)
        (tmp_path / split / "labels").mkdir()
        (tmp_path / split / "labels" / "1.txt").write_text(f"{seed} .5 .5 .5 .5\r\n")
    (tmp_path / "data.yaml").write_text(f"names: {{0: cat, 1: dog}}\n{entries}")
    (tmp_path / "train.txt").write_text("./train/images/1.png\n")
    (tmp_path / "val.txt").write_text("valid/images/1.png\n")
    found, problems = found_in(tmp_path)
    assert not problems
    assert {s: [i.name for i in images] for s, images in found.splits.items()} == {
        "train": ["train/images/1.png"],
        "val": ["valid/images/1.png"],
    }
    assert found.splits["val"][0].annotations.labels.tolist() == [1]


def test_a_list_inside_the_set_that_steps_out_and_back_is_found(tmp_path):
    write_yolo_set(tmp_path, [LINE], "names: [cat]\ntrain: ../images\n")
    assert list(everything(found_in(tmp_path)[0])) == ["images/0.png"]
    (tmp_path / "data.yaml").write_text("names: [cat]\ntrain: ../../etc\n")
    with pytest.raises(DatasetError, match=r"data\.yaml: names '\.\./\.\./etc'"):
        found_in(tmp_path)


def test_images_outside_all_splits_are_listed(tmp_path):
    write_yolo_set(tmp_path, [LINE])
    write_image(tmp_path / "extra.png")
    _, problems = found_in(tmp_path)
    assert problems == ["extra.png: is in no split of data.yaml; left out"]


def test_outlines_give_the_box_around_them_and_that_is_reported(tmp_path):
    text = "0 0.1 0.5 0.5 0.1 0.3 0.75\n"
    found, problems = found_in(write_yolo_set(tmp_path, [text, text]))
    assert everything(found)["images/0.png"].annotations.boxes.tolist() == [[6, 4, 30, 30]]
    assert problems == ["2 objects are outlines; the box around each is taken"]


def test_a_score_or_keypoints_behind_a_box_are_not_an_outline(tmp_path):
    found, _ = found_in(write_yolo_set(tmp_path / "score", ["0 0.5 0.5 0.5 0.5 0.87\n"]))
    assert everything(found)["images/0.png"].annotations.boxes.tolist() == [[15, 10, 45, 30]]
    yaml = "names: [cat]\ntrain: images\nkpt_shape: [2, 3]\n"
    text = "0 0.5 0.5 0.5 0.5 .1 .1 2 .9 .9 2\n"
    found, _ = found_in(write_yolo_set(tmp_path / "pose", [text], yaml))
    assert everything(found)["images/0.png"].annotations.boxes.tolist() == [[15, 10, 45, 30]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.5 0.5 0.5\n", "is no box"),
        ("cat 0.5 0.5 0.5 0.5\n", "is no box"),
        ("7 0.5 0.5 0.5 0.5\n", "class 7 is not in data.yaml"),
        ("-1 0.5 0.5 0.5 0.5\n", "is no box"),
        ("0 0.5 0.5 0.5 0.5 0.5 0.5 0.5\n", "is no box"),
    ],
)
def test_lines_that_are_no_boxes_are_left_out_and_named(tmp_path, line, message):
    found, problems = found_in(write_yolo_set(tmp_path, [LINE + "\n" + line]))
    assert len(everything(found)["images/0.png"].annotations) == 1
    (problem,) = problems
    assert problem.startswith("labels/0.txt, line 3: ")
    assert message in problem


def test_pixels_in_label_files_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="hold pixels"):
        found_in(write_yolo_set(tmp_path, ["0 30 20 10 10\n"] * 3))


@pytest.mark.parametrize("names_file", ["classes.txt", "labels/classes.txt", "obj.names"])
def test_names_come_from_a_list_where_there_is_no_yaml(tmp_path, names_file):
    write_yolo_set(tmp_path, ["1 .5 .5 .5 .5\n", LINE], yaml="")
    (tmp_path / names_file).write_text("cat\r\ndog\r\n")
    found, _ = found_in(tmp_path)
    assert found.format == "yolo"
    assert found.classes == ("cat", "dog")
    assert len(everything(found)) == 2


def test_without_any_names_classes_are_called_by_number_and_that_is_reported(tmp_path):
    found, problems = found_in(write_yolo_set(tmp_path, ["7 .5 .5 .5 .5\n"], yaml=""))
    assert found.classes == ("7",)
    assert problems == ["no data.yaml or classes.txt names the classes"]


def test_darknet_names_its_files_in_obj_data(tmp_path):
    write_images(tmp_path / "obj_train_data", 2)
    for index in range(2):
        (tmp_path / "obj_train_data" / f"{index}.txt").write_text(LINE)
    (tmp_path / "obj.data").write_text(
        "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n"
    )
    (tmp_path / "obj.names").write_text("cat\n")
    (tmp_path / "train.txt").write_text("data/obj_train_data/0.png\ndata/obj_train_data/1.png\n")
    found, problems = found_in(tmp_path)
    assert found.classes == ("cat",)
    assert [len(images) for images in found.splits.values()] == [2]
    assert not problems


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("names: [cat\n", "is not YAML"),
        ("names: 3\ntrain: images\n", "names must be"),
        ("names: {.inf: cat}\n", "names must be"),
        ("nc: .inf\n", "names must be"),
        ("nc: .nan\n", "names must be"),
        ("names: [[cat]]\ntrain: images\n", "names must be"),
        ("names: [cat]\ntrain: {a: b}\n", "train must be"),
        ("names: !!python/object/apply:os.system ['true']\n", "is not YAML"),
        ("names: [cat]\ntrain: /etc\n", "is absolute"),
        (f"names: [cat]\ntrain: '{'*a' * 40}'\n", "train must be"),
    ],
)
def test_a_description_of_another_shape_is_refused_with_the_reason(tmp_path, yaml, message):
    with pytest.raises(DatasetError, match=rf"data\.yaml: .*{message}"):
        found_in(write_yolo_set(tmp_path, [LINE], yaml))


@pytest.mark.parametrize("key", ["nc", "path", "kpt_shape", "anything"])
def test_aliases_that_would_be_millions_of_words_are_not_written_out(tmp_path, key):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 8)]
    bomb = "\n".join(["a0: &a0 word", *levels, f"{key}: *a7"])
    write_yolo_set(tmp_path, [LINE], f"{bomb}\nnames: [cat]\ntrain: images\n")
    tracemalloc.start()
    try:
        found_in(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_an_export_with_notes_in_json_is_not_taken_for_coco(tmp_path):
    write_yolo_set(tmp_path, [LINE], yaml="")
    (tmp_path / "classes.txt").write_text("cat\n")
    (tmp_path / "notes.json").write_text('{"categories": [{"id": 0, "name": "cat"}], "info": {}}')
    assert found_in(tmp_path)[0].format == "yolo"


def test_an_export_may_name_a_split_it_does_not_have(tmp_path):
    write_image(tmp_path / "train" / "images" / "1.png")
    (tmp_path / "train" / "labels").mkdir()
    (tmp_path / "train" / "labels" / "1.txt").write_text(LINE)
    (tmp_path / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [cat]\n"
    )
    found, problems = found_in(tmp_path)
    assert list(found.splits) == ["train"]
    assert problems == [
        "data.yaml: val: ../valid/images holds no image",
        "data.yaml: test: ../test/images holds no image",
    ]


def test_label_files_named_with_the_images_suffix_are_found(tmp_path):
    write_yolo_set(tmp_path, [None, "1 0.5 0.5 0.5 0.5\n"])
    (tmp_path / "labels" / "0.PNG.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    found, problems = found_in(tmp_path)
    assert [len(image.annotations) for image in everything(found).values()] == [1, 1]
    assert not problems


def test_images_of_one_stem_have_their_own_label_files_where_those_keep_the_suffix(tmp_path):
    write_yolo_set(tmp_path, [None])
    write_image(tmp_path / "images" / "0.jpg", seed=1)
    for number, suffix in enumerate(("png", "jpg")):
        (tmp_path / "labels" / f"0.{suffix}.txt").write_text(f"{number} 0.5 0.5 0.5 0.5\n")
    found, problems = found_in(tmp_path)
    labels = {name: im.annotations.labels.tolist() for name, im in everything(found).items()}
    assert labels == {"images/0.png": [0], "images/0.jpg": [1]}
    assert not problems
