import json

import numpy as np
import pytest
from set_files import everything, write_coco_set, write_csv_set, write_images, write_yolo_set
from voc_files import found_in, write_image, write_xml

# Left, top, right, bottom in an image of 60 × 40 pixels.
BOXES = [(4, 6, 20, 30), (30, 8, 58, 20), (10, 22, 50, 38), (2, 2, 9, 9), (40, 25, 55, 39)]
SIZED = [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in BOXES]
MIDDLE = [(x + w / 2, y + h / 2, w, h) for x, y, w, h in SIZED]
Y_FIRST = [(y1, x1, y2, x2) for x1, y1, x2, y2 in BOXES]


def check(found, problems, word):
    for image in everything(found).values():
        np.testing.assert_allclose(sorted(image.annotations.boxes.tolist()), sorted(BOXES))
    assert [word in problem for problem in problems] == ([True] if word else [])


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        (SIZED, ""),
        (BOXES, "left, top, right, bottom, not left, top, width, height"),
        (MIDDLE, "the middle, width and height, not"),
        (Y_FIRST, "top, left, bottom, right, not"),
        ([(x / 60, y / 40, w / 60, h / 40) for x, y, w, h in SIZED], "fractions"),
        ([(a / 60, b / 40, c / 60, d / 40) for a, b, c, d in BOXES], "fractions"),
    ],
)
def test_coco_boxes_are_read_as_they_fit_their_images(tmp_path, numbers, word):
    boxes = [("cat", box) for box in numbers]
    check(*found_in(write_coco_set(tmp_path, [boxes, boxes, boxes])), word)


@pytest.mark.parametrize(
    ("numbers", "word"),
    [(MIDDLE, ""), (BOXES, "left, top, right, bottom"), (SIZED, "left, top, width, height")],
)
def test_yolo_boxes_are_read_as_they_fit_their_images(tmp_path, numbers, word):
    rows = [(x / 60, y / 40, w / 60, h / 40) for x, y, w, h in numbers]
    text = "".join(f"0 {' '.join(map(str, row))}\n" for row in rows)
    check(*found_in(write_yolo_set(tmp_path, [text] * 3)), word)


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ([(x1 + 1, y1 + 1, x2, y2) for x1, y1, x2, y2 in BOXES], ""),
        ([(a / 60, b / 40, c / 60, d / 40) for a, b, c, d in BOXES], "fractions"),
        (SIZED, "left, top, width, height, not"),
    ],
)
def test_voc_boxes_are_read_as_they_fit_their_images(tmp_path, numbers, word):
    for index in range(3):
        write_image(tmp_path / f"{index}.png", seed=index)
        write_xml(tmp_path / f"{index}.xml", [("cat", box) for box in numbers])
    check(*found_in(tmp_path), word)


def test_some_boxes_that_reach_beyond_their_image_are_cut_and_no_more(tmp_path):
    boxes = [("cat", box) for box in [*SIZED, (50, 30, 20, 20), (-5, 3, 20, 20)]]
    found, problems = found_in(write_coco_set(tmp_path, [boxes]))
    assert len(everything(found)["0.png"].annotations) == 7
    assert all("was cut to the image" in problem for problem in problems)


def test_each_file_of_a_set_is_read_for_itself(tmp_path):
    for split, numbers in (("train", SIZED), ("val", BOXES)):
        write_images(tmp_path / split, 2)
        place = f"{split}/annotations.json"
        boxes = [[("cat", box) for box in numbers]] * 2
        write_coco_set(tmp_path, boxes, file_names=["0.png", "1.png"], place=place)
    check(*found_in(tmp_path), "val/annotations.json: boxes are left, top, right, bottom")


@pytest.mark.parametrize("ignore", [False, True])
def test_a_box_given_twice_is_one_object_and_said(tmp_path, ignore):
    rows = ["0.png,60,40,cat,2,2,9,9", "0.png,60,40,cat,2,2,9,9", "0.png,60,40,dog,2,2,9,9"]
    found, problems = found_in(write_csv_set(tmp_path, rows, count=1))
    assert everything(found)["0.png"].annotations.labels.tolist() == [0, 1]
    assert problems == ["labels.csv, line 3: a box of cat is given twice; taken once"]
    again = [("cat", (1, 1, 8, 8), {"iscrowd": int(ignore)}), ("cat", (1, 1, 8, 8))]
    write_coco_set(tmp_path / "coco", [again])
    found, _ = found_in(tmp_path / "coco")
    assert len(everything(found)["0.png"].annotations) == 1 + ignore


def test_the_file_of_a_set_holds_what_the_test_means(tmp_path):
    write_coco_set(tmp_path, [[("cat", box) for box in BOXES]])
    document = json.loads((tmp_path / "annotations.json").read_text())
    assert [each["bbox"] for each in document["annotations"]] == list(map(list, BOXES))


def test_percentages_are_read_so_and_said_but_few_boxes_in_a_corner_are_pixels(tmp_path):
    percentages = [("cat", (5 * n, 10 + 4 * n, 30 - n, 9)) for n in range(15)]
    for folder, count, size in (
        ("many", 2, (400, 200)),
        ("few", 1, (400, 200)),
        ("large", 1, (400, 400)),
    ):
        names = write_images(tmp_path / folder, count, size)
        write_coco_set(tmp_path / folder, [percentages] * count, file_names=names)
    for folder, box in (("many", [20, 28, 136, 46]), ("large", [20, 56, 136, 92])):
        found, problems = found_in(tmp_path / folder)
        np.testing.assert_allclose(everything(found)["0.png"].annotations.boxes[1], box)
        assert [text for text in problems if "percentages of the image" in text] == problems
    found, problems = found_in(tmp_path / "few")
    np.testing.assert_allclose(everything(found)["0.png"].annotations.boxes[1], [5, 14, 34, 23])
    assert not problems
