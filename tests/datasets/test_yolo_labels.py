from set_files import everything, write_images, write_yolo_set
from voc_files import found_in, write_image

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
