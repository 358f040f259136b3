"""Each row of dirty data, on a set made for it; most as COCO, since the rules are one for all."""

import os
import zlib

import numpy as np
import pytest
from set_files import everything, write_coco_set, write_csv_set, write_rotated, write_yolo_set
from voc_files import found_in, write_image, write_xml

from datasets.annotations import DatasetError
from datasets.images import load_image
from datasets.problems import counts

GOOD = [("cat", (0, 0, 9, 9))]


@pytest.mark.parametrize(
    ("bbox", "boxes", "message"),
    [
        ((10, 10, 0, 20), [], "has no area; left out"),
        ((10, 10, 20, 0), [], "has no area; left out"),
        ((30, 30, -20, -10), [[10, 20, 30, 30]], "had its corners swapped; repaired"),
        ((50, 30, 20, 20), [[50, 30, 60, 40]], "was cut to the image"),
        ((-5, -5, 10, 10), [[0, 0, 5, 5]], "was cut to the image"),
        ((70, 10, 10, 10), [], "is outside the image; left out"),
        ((-20, 10, 10, 10), [], "is outside the image; left out"),
        ((60, 10, 10, 10), [], "is outside the image; left out"),
    ],
)
def test_broken_boxes_are_repaired_or_left_out_and_named_with_their_place(
    tmp_path, bbox, boxes, message
):
    write_coco_set(tmp_path, [[("cat", bbox)], GOOD])
    found, problems = found_in(tmp_path)
    assert everything(found)["0.png"].annotations.boxes.tolist() == boxes
    assert problems == [f"annotations.json, annotation 0: a box of cat {message}"]


def test_the_same_rules_hold_for_fractions_and_tables(tmp_path):
    write_yolo_set(tmp_path / "yolo", ["0 0.5 0.5 0 0.2\n0 0.9 0.5 0.4 0.2\n1 .5 .5 -.5 .5\n"])
    found, problems = found_in(tmp_path / "yolo")
    (image,) = everything(found).values()
    np.testing.assert_array_equal(image.annotations.boxes, [[42, 16, 60, 24], [15, 10, 45, 30]])
    assert counts(found.problems) == {
        "boxes with swapped corners, repaired": 1,
        "boxes without area, left out": 1,
        "boxes reaching beyond their image, cut to it": 1,
    }
    assert any("labels/0.txt, line 1" in problem for problem in problems)
    rows = ["0.png,60,40,cat,5,5,5,9", "0.png,60,40,cat,30,5,11,9", "1.png,60,40,cat,1,1,60,40"]
    found, problems = found_in(write_csv_set(tmp_path / "csv", rows, count=2))
    assert everything(found)["0.png"].annotations.boxes.tolist() == [[10, 4, 30, 9]]
    assert any("labels.csv, line 2: a box of cat has no area" in problem for problem in problems)


def test_a_box_within_rounding_of_the_edge_is_not_called_cut(tmp_path):
    write_yolo_set(tmp_path, ["0 0.500001 0.5 1 1\n"])
    found, problems = found_in(tmp_path)
    assert everything(found)["images/0.png"].annotations.boxes[0, 2] == 60
    assert not problems


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e300"])
def test_numbers_that_are_not_finite_are_refused_with_their_file(tmp_path, number):
    write_coco_set(tmp_path / "coco", [GOOD])
    path = tmp_path / "coco" / "annotations.json"
    path.write_text(path.read_text().replace("[0, 0, 9, 9]", f"[0, 0, 9, {number}]"))
    word = number.replace("Infinity", "inf")
    write_yolo_set(tmp_path / "yolo", [f"0 0.5 0.5 0.1 {word}\n"])
    write_csv_set(tmp_path / "csv", [f"0.png,60,40,cat,1,1,9,{word}"])
    places = {"coco": "annotations.json", "yolo": "0.txt, line 1", "csv": "labels.csv, line 2"}
    for name, place in places.items():
        with pytest.raises(DatasetError, match=place) as error:
            found_in(tmp_path / name)
        assert "finite" in str(error.value) or "range" in str(error.value)


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/secret.png", "a/../../b.png", "C:\\x\\b.png", "..\\b.png"]
)
def test_nothing_outside_the_folder_is_ever_read_whatever_a_name_says(tmp_path, name):
    write_image(tmp_path / "secret.png")
    write_coco_set(tmp_path / "coco", [GOOD], file_names=[name])
    write_image(tmp_path / "coco" / "0.png")
    write_csv_set(tmp_path / "csv", [f"{name},60,40,cat,1,1,9,9"])
    write_yolo_set(tmp_path / "yolo", ["0 .5 .5 .1 .1\n"], f"names: [cat]\ntrain: '{name}'\n")
    write_yolo_set(tmp_path / "list", ["0 .5 .5 .1 .1\n"], "names: [cat]\ntrain: train.txt\n")
    (tmp_path / "list" / "train.txt").write_text(f"{name}\n")
    write_image(tmp_path / "voc" / "a.png")
    write_xml(tmp_path / "voc" / "a.xml", image=name)
    for folder in ("coco", "csv", "yolo", "list"):
        with pytest.raises(DatasetError, match=r"secret\.png|b\.png"):
            found_in(tmp_path / folder)
    assert list(everything(found_in(tmp_path / "voc")[0])) == ["a.png"]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("labelled", ["upright", "stored"])
def test_a_rotated_photograph_keeps_its_object_under_its_box(tmp_path, orientation, labelled):
    write_rotated(tmp_path / "a.png", orientation)
    upright = load_image(tmp_path / "a.png")
    rows, columns = np.nonzero(upright[..., 0])
    x1, y1, x2, y2 = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    stored = labelled == "stored"
    corners = (1, 1, 10, 40) if stored else (x1 + 1, y1 + 1, x2, y2)
    write_xml(tmp_path / "a.xml", [("cat", corners)], size_px=(60, 40) if stored else (40, 60))
    found, problems = found_in(tmp_path)
    (image,) = everything(found).values()
    assert (image.width_px, image.height_px) == (40, 60)
    assert image.annotations.boxes.tolist() == [[x1, y1, x2, y2]]
    assert ["turned upright" in problem for problem in problems] == [True] * stored


def test_a_size_that_is_wrong_is_counted_and_the_image_believed(tmp_path):
    write_coco_set(tmp_path, [GOOD], file_names=["a.png"])
    write_image(tmp_path / "a.png")
    path = tmp_path / "annotations.json"
    path.write_text(path.read_text().replace('"a.png"', '"a.png", "width": 600, "height": 40'))
    found, problems = found_in(tmp_path)
    assert everything(found)["a.png"].width_px == 60
    assert problems == ["annotations.json: says 600×40, but a.png has 60×40 pixels"]


def test_broken_image_files_are_left_out_named_and_not_touched(tmp_path):
    write_coco_set(tmp_path, [GOOD] * 4)
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "2.png").write_text("I am a text")
    before = (tmp_path / "2.png").read_bytes()
    found, problems = found_in(tmp_path)
    assert sorted(everything(found)) == ["0.png", "3.png"]
    assert problems == [
        "1.png: is empty; left out",
        "2.png: is not an image that can be decoded; left out",
    ]
    assert (tmp_path / "2.png").read_bytes() == before


def test_missing_and_unannotated_images_and_shared_stems_are_listed(tmp_path):
    write_coco_set(tmp_path / "coco", [GOOD, GOOD], file_names=["0.png", "gone.png"])
    write_image(tmp_path / "coco" / "0.png")
    write_image(tmp_path / "coco" / "new.png")
    _, problems = found_in(tmp_path / "coco")
    assert any("no image called gone.png" in problem for problem in problems)
    assert any("new.png: has no annotation" in problem for problem in problems)
    write_image(tmp_path / "voc" / "a.png")
    write_image(tmp_path / "voc" / "a.jpg", seed=1)
    write_xml(tmp_path / "voc" / "a.xml", image="a.jpg")
    found, problems = found_in(tmp_path / "voc")
    assert list(everything(found)) == ["a.jpg"]
    assert any("a.png: shares its XML file with a.jpg" in problem for problem in problems)


def test_images_above_the_limit_are_left_out_by_their_header_alone(tmp_path):
    write_coco_set(tmp_path, [GOOD, GOOD])
    # The header of a PNG of 100 million pixels; decoding it would fail, looking at it does not.
    data = bytearray((tmp_path / "1.png").read_bytes())
    data[16:24] = (10_000).to_bytes(4) + (10_000).to_bytes(4)
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    (tmp_path / "1.png").write_bytes(data)
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert "has 10000×10000 pixels, more than 50000000" in problems[0]
    found, _ = found_in(tmp_path, max_pixels=100_000_000)
    assert sorted(everything(found)) == ["0.png", "1.png"]


def test_images_without_objects_are_kept(tmp_path):
    found, problems = found_in(write_coco_set(tmp_path, [GOOD, []]))
    assert len(everything(found)["1.png"].annotations) == 0
    assert not problems


def test_a_file_that_can_not_be_opened_is_refused_by_name(tmp_path):
    write_coco_set(tmp_path, [GOOD])
    (tmp_path / "more.json").symlink_to(tmp_path / "gone.json")
    with pytest.raises(DatasetError, match=r"more\.json: can't be read"):
        found_in(tmp_path)


def test_a_file_name_that_is_no_text_costs_that_file(tmp_path):
    write_coco_set(tmp_path, [GOOD])
    (tmp_path / os.fsdecode(b"\xff.png")).touch()
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert problems == ["\\udcff.png: its name is not UTF-8; left out; rename the file"]


def test_a_format_that_can_not_be_read_leaves_the_set_to_another(tmp_path):
    write_coco_set(tmp_path, [GOOD])
    (tmp_path / "notes.xml").write_text("<annotation><object/></annotation>")
    found, problems = found_in(tmp_path)
    assert found.format == "coco"
    assert "read as COCO JSON, for as Pascal VOC it can't be" in problems[0]
    with pytest.raises(DatasetError, match="none of its 1 XML files"):
        found_in(tmp_path, "voc")


@pytest.mark.parametrize("content", [b"names: caf\xe9\n", b"names: [a\n"])
def test_a_stray_description_that_can_not_be_read_costs_no_set_of_another_format(tmp_path, content):
    write_coco_set(tmp_path, [GOOD])
    (tmp_path / "ci.yaml").write_bytes(content)
    assert found_in(tmp_path)[0].format == "coco"
