import json

import numpy as np
import pytest
from set_files import everything, write_images
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

RECTANGLE = {"label": "cat", "points": [[10, 20], [40, 30]], "shape_type": "rectangle"}


def shape(label, points, kind="rectangle", **more):
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, **more}


def write_labelme(path, shapes, image, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "version": "5.2.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": image,
        "imageData": None,
        "imageHeight": 40,
        "imageWidth": 60,
        **more,
    }
    path.write_text(json.dumps(document))


def one(folder, shapes, **more):
    """The ground truth of one image with those shapes, beside one that is in order."""
    for name in write_images(folder, 2):
        write_labelme(folder / f"{name[0]}.json", [RECTANGLE], name)
    write_labelme(folder / "0.json", shapes, "0.png", **more)
    found, problems = found_in(folder)
    assert found.format == "labelme"
    return everything(found)["0.png"].annotations, problems


def test_a_rectangle_is_two_opposite_corners_between_pixels(tmp_path):
    truth, problems = one(tmp_path, [RECTANGLE, shape("dog", [[30.5, 35], [2, 1.5]])])
    assert truth.boxes.tolist() == [[10, 20, 40, 30], [2, 1.5, 30.5, 35]]
    assert truth.labels.tolist() == [0, 1]
    assert not problems


@pytest.mark.parametrize(
    ("kind", "points", "box"),
    [
        ("polygon", [[5, 5], [20, 8], [12, 30]], [5, 5, 20, 30]),
        (None, [[5, 5], [20, 8], [12, 30]], [5, 5, 20, 30]),
        ("circle", [[20, 20], [23, 24]], [15, 15, 25, 25]),
        ("linestrip", [[1, 2], [3, 9], [7, 5]], [1, 2, 7, 9]),
        ("rotation", [[10, 0], [20, 10], [10, 20], [0, 10]], [0, 0, 20, 20]),
        ("mask", [[4, 6], [13, 15]], [4, 6, 14, 16]),
    ],
)
def test_other_shapes_are_the_box_around_them_which_is_said_once(tmp_path, kind, points, box):
    truth, problems = one(tmp_path, [shape(name, points, kind) for name in ("cat", "dog")])
    np.testing.assert_allclose(truth.boxes, [box, box])
    assert problems == ["2 objects are outlines; the box around each is taken"]


def test_a_rectangle_of_four_corners_is_no_outline(tmp_path):
    corners = [[10, 20], [40, 20], [40, 30], [10, 30]]
    truth, problems = one(tmp_path, [shape("cat", corners)])
    assert truth.boxes.tolist() == [[10, 20, 40, 30]]
    assert not problems


def test_shapes_that_are_no_objects_are_left_out_and_named(tmp_path):
    shapes = [shape("", [[1, 1], [9, 9]]), shape("cat", []), shape("cat", [[1], [9]]), RECTANGLE]
    truth, problems = one(tmp_path, shapes)
    assert len(truth) == 1
    assert [problem.split(":")[0] for problem in problems] == [
        f"0.json, object {number}" for number in (1, 2, 3)
    ]


def test_names_that_are_numbers_and_difficult_objects_are_kept(tmp_path):
    truth, _ = one(tmp_path, [shape(7, [[1, 1], [9, 9]], difficult=True)])
    assert truth.ignore.tolist() == [True]
    assert found_in(tmp_path)[0].classes == ("7", "cat")


def test_images_in_a_folder_of_their_own_are_found_whatever_image_path_says(tmp_path):
    write_image(tmp_path / "train" / "images" / "0.png")
    write_labelme(tmp_path / "train" / "json" / "0.json", [RECTANGLE], r"..\images\0.png")
    found, problems = found_in(tmp_path)
    assert [image.name for image in found.splits["train"]] == ["train/images/0.png"]
    assert not problems


def test_an_image_is_found_by_its_path_where_its_stem_is_another(tmp_path):
    write_image(tmp_path / "photo.png")
    write_labelme(tmp_path / "labels-1.json", [RECTANGLE], "photo.png")
    assert list(everything(found_in(tmp_path)[0])) == ["photo.png"]


def test_a_picture_within_the_file_may_come_before_the_shapes(tmp_path):
    write_images(tmp_path, 1)
    for data in ("A" * 300_000, "A" * 65_000):  # longer and shorter than what is read at once
        document = {"imageData": data, "shapes": [RECTANGLE], "imagePath": "0.png"}
        (tmp_path / "0.json").write_text(json.dumps(document))
        assert len(everything(found_in(tmp_path)[0])["0.png"].annotations) == 1


def test_a_broken_file_is_left_out_and_the_rest_is_read(tmp_path):
    for name in write_images(tmp_path, 3):
        write_labelme(tmp_path / f"{name[0]}.json", [RECTANGLE], name)
    (tmp_path / "1.json").write_text('{"shapes": [{"label": "cat", "points": 3}], "imagePath": "')
    (tmp_path / "2.json").write_text('{"shapes": 7, "imagePath": "2.png"}')
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert any(problem.startswith("1.json: has another shape") for problem in problems)
    assert any(problem.startswith("2.json: has another shape") for problem in problems)


def test_a_set_of_which_no_image_is_here_is_refused(tmp_path):
    write_images(tmp_path, 1)
    write_labelme(tmp_path / "other.json", [RECTANGLE], "other.png")
    with pytest.raises(DatasetError, match=r"LabelMe.*no image called other\.png"):
        found_in(tmp_path)
