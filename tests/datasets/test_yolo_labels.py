import pytest
from set_files import everything, write_images, write_yolo_set
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

LINES = ["0 .5 .5 .5 .5\n", "1 .5 .5 .5 .5\n"]


def test_images_whose_names_differ_in_case_alone_keep_their_own_labels(tmp_path):
    write_yolo_set(tmp_path, [])
    for seed, stem in enumerate(["IMG_1", "img_1"]):
        write_image(tmp_path / "images" / f"{stem}.png", seed=seed)
        (tmp_path / "labels" / f"{stem}.txt").write_text(LINES[seed])
    found, problems = found_in(tmp_path)
    labels = {name: im.annotations.labels.tolist() for name, im in everything(found).items()}
    assert labels == {"images/IMG_1.png": [0], "images/img_1.png": [1]}
    assert not problems


def test_case_does_not_matter_where_it_need_not(tmp_path):
    write_yolo_set(tmp_path, [None])
    (tmp_path / "labels" / "0.TXT").write_text(LINES[1])
    found, problems = found_in(tmp_path)
    assert everything(found)["images/0.png"].annotations.labels.tolist() == [1]
    assert not problems


def test_label_files_that_keep_the_suffix_of_the_image_are_found(tmp_path):
    write_yolo_set(tmp_path, [None, None])
    for index in range(2):
        (tmp_path / "labels" / f"{index}.png.txt").write_text(LINES[index])
    found, problems = found_in(tmp_path)
    assert [im.annotations.labels.tolist() for im in everything(found).values()] == [[0], [1]]
    assert not problems


def test_labels_without_an_image_are_named_and_other_texts_are_not(tmp_path):
    write_yolo_set(tmp_path, LINES)
    (tmp_path / "labels" / "8.txt").write_text(LINES[0])
    (tmp_path / "labels" / "9.txt").write_text("")
    (tmp_path / "README.txt").write_text("Made by hand.\n")
    (tmp_path / "notes.txt").write_bytes("Löwe".encode("latin-1"))
    assert found_in(tmp_path)[1] == [
        "labels/8.txt: has labels and no image of its name; left out",
        "labels/9.txt: has labels and no image of its name; left out",
    ]


def test_a_label_file_that_is_no_text_costs_its_image_and_not_the_set(tmp_path):
    write_yolo_set(tmp_path, LINES)
    (tmp_path / "labels" / "1.txt").write_bytes(b"\xff\x00\x81\x92")
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["images/0.png"]
    assert "is not UTF-8" in problems[0]


def test_two_images_of_one_stem_share_their_labels_and_that_is_said(tmp_path):
    write_yolo_set(tmp_path, LINES[:1])
    write_images(tmp_path / "images", 1, suffix=".jpg")
    _, problems = found_in(tmp_path)
    assert problems == ["images/0.png: shares its label file with images/0.jpg"]


def test_labels_in_one_folder_belong_to_images_in_folders_of_splits(tmp_path):
    write_images(tmp_path / "images" / "train", 2)
    write_image(tmp_path / "images" / "val" / "0.png", seed=7)
    (tmp_path / "labels").mkdir()
    for index in range(2):
        (tmp_path / "labels" / f"{index}.txt").write_text(LINES[index])
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    found, problems = found_in(tmp_path, "yolo")
    boxes = {name: len(image.annotations) for name, image in everything(found).items()}
    # Which of two images has the label file 0.txt can't be known.
    assert boxes == {"images/train/0.png": 0, "images/train/1.png": 1, "images/val/0.png": 0}
    assert "labels/0.txt: has labels and no image of its name; left out" in problems


def test_labels_are_found_however_an_accent_in_their_name_is_stored(tmp_path):
    write_image(tmp_path / "images" / "cafe\u0301.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "caf\u00e9.txt").write_text(LINES[0])
    found, problems = found_in(tmp_path)
    assert [len(image.annotations) for image in everything(found).values()] == [1]
    assert not any("caf" in problem for problem in problems)


BOX = "0 .5 .5 .4 .4"


@pytest.mark.parametrize(
    ("points", "yaml"),
    [
        (" .4 .4 2 .6 .6 1 0 0 0", ""),  # 14 numbers
        (" .4 .4 2 .6 .6 1 0 0 0", "kpt_shape: [3, 3]\n"),
        (" .4 .4 .6 .6 .5 .5", ""),  # 11, which may be an outline
        (" .1 .1 2 .9 .9 2 .5 .5 1 0 0 0", ""),  # 17, not all in the box
    ],
)
def test_keypoints_behind_a_box_are_no_outline(tmp_path, points, yaml):
    write_yolo_set(tmp_path, [f"{BOX}{points}\n"] * 2, f"names: [cat]\ntrain: images\n{yaml}")
    found, problems = found_in(tmp_path)
    for image in everything(found).values():
        assert image.annotations.boxes.tolist() == [pytest.approx([18, 12, 42, 28])]
    assert any("keypoints" in problem for problem in problems) != bool(yaml)


def test_outlines_that_are_all_as_long_stay_outlines(tmp_path):
    write_yolo_set(tmp_path, ["0 .2 .5 .4 .2 .6 .2 .8 .5 .6 .8 .4 .8\n"] * 2)
    found, problems = found_in(tmp_path)
    boxes = everything(found)["images/0.png"].annotations.boxes
    assert boxes.tolist() == [pytest.approx([12, 8, 48, 32])]
    assert any("outlines" in problem for problem in problems)


def test_classes_counted_from_another_number_than_their_names_are_refused(tmp_path):
    write_yolo_set(tmp_path, ["1 .5 .5 .4 .4\n", "2 .5 .5 .4 .4\n"])
    with pytest.raises(DatasetError, match="counted from"):
        found_in(tmp_path)
