import json

import numpy as np
import pytest
from set_files import everything, write_images
from voc_files import found_in, write_image

VALUE = {"x": 25, "y": 50, "width": 50, "height": 25, "rotation": 0}


def result(value=VALUE, kind="rectanglelabels", label="cat", **more):
    labels = {kind: [label]} if label else {}
    size = {"original_width": 60, "original_height": 40}
    return {"type": kind, "value": {**value, **labels}, **size, "from_name": "l", **more}


def task(image, results, number=1, **more):
    annotations = [{"id": 5, "completed_by": 1, "was_cancelled": False, "result": results}]
    return {"id": number, "annotations": annotations, "data": {"image": image}, **more}


def read(folder, tasks):
    write_images(folder / "images", 2)
    (folder / "project.json").write_text(json.dumps(tasks))
    found, problems = found_in(folder)
    assert found.format == "labelstudio"
    return everything(found), problems


def test_percentages_become_pixels(tmp_path):
    images, problems = read(tmp_path, [task("0.png", [result()]), task("1.png", [], 2)])
    assert images["images/0.png"].annotations.boxes.tolist() == [[15, 20, 45, 30]]
    assert len(images["images/1.png"].annotations) == 0
    assert not problems


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/4/0.png",
        "/data/upload/4/1a2b3c4d-0.png",
        "/data/local-files/?d=somewhere/images/0.png",
        "s3://bucket/deep/0.png",
        "https://host.example/deep/0.png?X-Amz-Signature=1",
    ],
)
def test_the_image_is_found_whatever_server_it_was_on(tmp_path, address):
    images, problems = read(tmp_path, [task(address, [result()]), task("1.png", [], 2)])
    assert list(images) == ["images/0.png", "images/1.png"]
    assert not problems


def test_an_address_that_is_none_is_an_image_that_is_not_here(tmp_path):
    images, problems = read(tmp_path, [task("http://[0.png", []), task("1.png", [result()], 2)])
    assert list(images) == ["images/1.png"]
    assert "project.json, task 1: no image called http://[0.png; left out" in problems


def test_names_of_uploads_with_blanks_are_found(tmp_path):
    write_image(tmp_path / "images" / "my photo.png")
    images, _ = read(tmp_path, [task("/data/upload/1/my%20photo.png", [result()])])
    assert list(images) == ["images/my photo.png"]


@pytest.mark.parametrize(
    ("each", "box"),
    [
        (
            result({"points": [[10, 10], [50, 20], [30, 75]]}, "polygonlabels"),
            [6, 4, 30, 30],
        ),
        (
            result({"x": 50, "y": 50, "radiusX": 10, "radiusY": 25}, "ellipselabels"),
            [24, 10, 36, 30],
        ),
        (
            result({"x": 50, "y": 50, "width": 20, "height": 10, "rotation": 90}),
            [26, 20, 30, 32],  # 12 by 4 pixels, a quarter turn about its first corner
        ),
    ],
)
def test_other_shapes_are_the_box_around_them(tmp_path, each, box):
    images, problems = read(tmp_path, [task("0.png", [each]), task("1.png", [], 2)])
    np.testing.assert_allclose(images["images/0.png"].annotations.boxes, [box])
    assert problems == ["1 objects are outlines; the box around each is taken"]


def test_a_shape_and_its_label_may_be_two_results_and_choices_are_none(tmp_path):
    results = [
        result(kind="rectangle", label="", id="a"),
        result(kind="labels", id="a"),
        {"type": "choices", "value": {"choices": ["sunny"]}, "id": "b"},
    ]
    images, problems = read(tmp_path, [task("0.png", results), task("1.png", [], 2)])
    assert images["images/0.png"].annotations.boxes.tolist() == [[15, 20, 45, 30]]
    assert not problems


def test_broken_masks_and_shapes_without_label_are_left_out_and_named(tmp_path):
    brush = result({"format": "rle", "rle": [1, 2]}, "brushlabels")  # cut off
    results = [brush, result(label="", kind="rectangle"), result()]
    images, problems = read(tmp_path, [task("0.png", results, 17), task("1.png", [], 2)])
    assert len(images["images/0.png"].annotations) == 1
    assert [problem.split(":")[0] for problem in problems] == ["project.json, task 17"] * 2


def test_tasks_nobody_annotated_or_somebody_skipped_are_left_out(tmp_path):
    skipped = task("1.png", [])
    skipped["annotations"][0]["was_cancelled"] = True
    images, problems = read(tmp_path, [task("0.png", [result()]), skipped])
    assert list(images) == ["images/0.png"]
    assert problems == ["images/1.png: is a task nobody annotated; left out"]


def test_of_several_annotations_the_ground_truth_is_taken(tmp_path):
    several = task("0.png", [result(label="dog")])
    several["annotations"].append({"result": [result()], "ground_truth": True})
    images, problems = read(tmp_path, [several, task("1.png", [], 2)])
    assert found_in(tmp_path)[0].classes == ("cat",)
    assert len(images["images/0.png"].annotations) == 1
    assert any("has 2 annotations" in problem for problem in problems)


def test_the_short_export_is_read_too(tmp_path):
    shape = {**VALUE, "rectanglelabels": ["cat"], "original_width": 60, "original_height": 40}
    rows = [{"image": "/data/upload/0.png", "id": 3, "label": [shape], "annotator": 1}]
    images, _ = read(tmp_path, rows)
    assert images["images/0.png"].annotations.boxes.tolist() == [[15, 20, 45, 30]]


def test_a_task_of_another_shape_is_left_out_and_the_rest_is_read(tmp_path):
    broken = {"id": 10**400, "data": {"image": "1.png"}, "annotations": [{"result": "none"}]}
    images, problems = read(tmp_path, [task("0.png", [result()]), broken, 7])
    assert list(images) == ["images/0.png"]
    assert sum("is no task" in problem for problem in problems) == 2


def test_a_task_that_is_no_text_is_left_out_and_the_rest_is_read(tmp_path):
    images, _ = read(tmp_path, [task("0.png", [result()]), task("1.png", [result()])])
    assert len(images) == 2
    project = tmp_path / "project.json"
    project.write_bytes(project.read_bytes().replace(b"1.png", b"1\xff.png"))
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["images/0.png"]
    assert any("is no task" in problem for problem in problems)


def test_a_mask_that_was_painted_is_the_box_around_it_and_said(tmp_path):
    # 60 × 40 × 4 values of 8 bits, lengths of 16: 4 × 615 times 0, then 4 × 3 times 255, then 0.
    header = f"{60 * 40 * 4:032b}{7:05b}" + 4 * f"{15:04b}"
    runs = ((0, 4 * 615), (255, 4 * 3), (0, 4 * (60 * 40 - 618)))
    text = header + "".join(f"100{length - 1:016b}{value:08b}" for value, length in runs)
    text += "0" * (-len(text) % 8)
    rle = [int(text[start : start + 8], 2) for start in range(0, len(text), 8)]
    brush = result({"format": "rle", "rle": rle}, "brushlabels")
    images, problems = read(tmp_path, [task("0.png", [brush]), task("1.png", [], 2)])
    np.testing.assert_allclose(images["images/0.png"].annotations.boxes, [[15, 10, 18, 11]])
    assert problems == ["1 objects are outlines; the box around each is taken"]
