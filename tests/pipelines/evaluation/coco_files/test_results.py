import json

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.boxes import xyxy_to_xywh
from datasets.errors import UserError
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    CocoGroundTruth,
    ground_truth_file,
    ground_truth_to_coco,
)
from pipelines.evaluation.coco_files.misreading import misreading
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.coco_files.results import read_ground_truth, read_rows
from pipelines.evaluation.coco_files.rows import as_detections
from pipelines.evaluation.quality import score
from pipelines.evaluation.undefined import convert, plain

CLASSES = ("cat", "dog", "emu")
NAMES = ("a/one.jpg", "a/two.jpg", "b/three.jpg", "b/four.jpg")


def coco_truth():
    random = np.random.default_rng(0)
    truths = []
    for _ in NAMES:
        corners = random.uniform(0, 200, (6, 2))
        boxes = np.hstack([corners, corners + random.uniform(20, 90, (6, 2))])
        truths.append(Annotations(boxes, random.integers(0, 3, 6)))
    coco = plain(ground_truth_to_coco(truths, CLASSES))
    for image, name in zip(coco["images"], NAMES, strict=True):
        image.update(file_name=name, width=300, height=250)
    return coco


TRUTH = ground_truth_file(convert(coco_truth(), CocoGroundTruth), "truth.json")


def results():
    """Every object found, as COCO's list of results."""
    found = [Detections(t.boxes, np.linspace(0.9, 0.5, 6), t.labels) for t in TRUTH.annotations]
    return plain(detections_to_coco(found))


def read(folder, said):
    path = folder / "det.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    return read_rows(path, TRUTH)


def changed(**how):
    return [{**row, **{key: change(row[key]) for key, change in how.items()}} for row in results()]


def test_a_sound_file_gives_its_detections(tmp_path):
    rows = read(tmp_path, results())
    assert misreading(rows, TRUTH) is None
    found = as_detections(rows, 4)
    assert score(TRUTH.annotations, found, CLASSES).map_50_95 == 1.0


def test_ground_truth_keeps_ids_names_crowds_and_areas(tmp_path):
    coco = coco_truth()
    for row in coco["annotations"]:
        row["category_id"] *= 10
    for row in coco["categories"]:
        row["id"] *= 10
    coco["annotations"][0].update(iscrowd=1, area=12.5)
    coco["annotations"][1].update(ignore=1)  # which pycocotools does not look at
    (tmp_path / "gt.json").write_text(json.dumps(coco))
    truth = read_ground_truth(tmp_path / "gt.json")
    assert truth.category_ids == (10, 20, 30)
    assert truth.classes == CLASSES
    assert truth.annotations[0].ignore.tolist() == [True, False, False, False, False, False]
    assert truth.areas[0][0] == 12.5
    np.testing.assert_array_equal(truth.sizes, [[300, 250]] * 4)


def test_of_an_outline_without_a_bbox_the_box_around_it_is_taken_and_said(tmp_path):
    coco = coco_truth()
    left, top, width, height = coco["annotations"][0].pop("bbox")
    right, bottom = left + width, top + height
    coco["annotations"][0]["segmentation"] = [[left, bottom, right, bottom, right, top, left, top]]
    del coco["annotations"][1]["bbox"]
    (tmp_path / "gt.json").write_text(json.dumps(coco))
    truth = read_ground_truth(tmp_path / "gt.json")
    np.testing.assert_allclose(truth.annotations[0].boxes[0], [left, top, right, bottom])
    assert "1 objects are outlines without a bbox" in truth.notes[0]
    assert "left out 1 annotation" in truth.notes[1]
    assert len(truth.annotations[0]) == len(TRUTH.annotations[0]) - 1


CALLED = [lambda n: n, lambda n: n[2:], lambda n: n[2:-4], lambda n: f"D:\\set\\{n[2:]}"]


@pytest.mark.parametrize("called", CALLED)
def test_images_may_be_called_by_their_names(tmp_path, called):
    rows = changed(image_id=lambda number: called(NAMES[number - 1]))
    np.testing.assert_array_equal(read(tmp_path, rows).image, read(tmp_path, results()).image)


def test_classes_may_be_called_by_their_names(tmp_path):
    rows = changed(category_id=lambda number: CLASSES[number - 1])
    np.testing.assert_array_equal(read(tmp_path, rows).label, read(tmp_path, results()).label)


def test_a_row_of_negative_width_is_named(tmp_path):
    rows = results()
    rows[3]["bbox"][2] *= -1
    (note,) = read(tmp_path, rows).notes
    assert "row 3 of 24 has a bbox of negative width" in note
    assert not read(tmp_path, results()).notes


def test_a_file_that_says_names_is_read_by_them(tmp_path):
    other = {1: 7, 2: 3, 3: 5}
    said = {
        "annotations": changed(category_id=other.get, image_id=lambda number: 100 + number),
        "categories": [{"id": other[n], "name": name} for n, name in enumerate(CLASSES, 1)],
        "images": [{"id": 100 + n, "file_name": name} for n, name in enumerate(NAMES, 1)],
    }
    rows, wanted = read(tmp_path, said), read(tmp_path, results())
    np.testing.assert_array_equal(rows.label, wanted.label)
    np.testing.assert_array_equal(rows.image, wanted.image)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("no list", "must be a list"),
        ({"images": []}, "must be a list"),
        ([1], "must be a list"),
        ([{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}], "`score`"),
        (changed(bbox=lambda box: box[:3]), "length 4"),
        (changed(score=lambda score: "high"), "`float`"),
        (changed(score=lambda score: float("nan")), "NaN"),
        (changed(score=lambda score: -float("inf")), "-Infinity"),
        (changed(score=lambda score: "nan"), "row 0"),
        (changed(image_id=lambda number: number - 1), "counted from 0"),
        (changed(image_id=lambda number: number + 900), "4 of its image ids are not"),
        (changed(category_id=lambda number: number - 1), "counted from 0"),
        (
            {"annotations": results(), "categories": [{"id": 1, "name": "cow"}]},
            "cow",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_sentence(tmp_path, said, word):
    with pytest.raises(UserError, match=word) as caught:
        read(tmp_path, said)
    assert "det.json" in str(caught.value)


def corners(box):
    return [box[0], box[1], box[0] + box[2], box[1] + box[3]]


def middle(box):
    return [box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3]]


def shares(box):
    return [box[0] / 300, box[1] / 250, box[2] / 300, box[3] / 250]


@pytest.mark.parametrize(
    ("rows", "meaning"),
    [
        (changed(bbox=corners), "left, top, right, bottom"),
        (changed(bbox=middle), "the middle, width and height"),
        (changed(bbox=lambda box: [box[1], box[0], box[3], box[2]]), "top, left, height, width"),
        (changed(bbox=shares), "shares of the image's size"),
        (changed(bbox=lambda box: shares(middle(box))), "shares .* and boxes are the middle"),
        (
            [row for row in changed(image_id=lambda n: n - 1) if row["image_id"] > 0],
            "image ids are one too low",
        ),
        (
            [row for row in changed(category_id=lambda n: n + 1) if row["category_id"] < 4],
            "category ids are one too high",
        ),
    ],
)
def test_a_file_that_means_something_else_is_found_out(tmp_path, rows, meaning):
    import re

    assert re.search(meaning, misreading(read(tmp_path, rows), TRUTH))


def test_a_bad_detector_is_not_taken_for_a_misread_file(tmp_path):
    random = np.random.default_rng(1)
    rows = changed(bbox=lambda box: [*random.uniform(0, 200, 2), *random.uniform(20, 90, 2)])
    assert misreading(read(tmp_path, rows), TRUTH) is None
    assert misreading(read(tmp_path, []), TRUTH) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda coco: coco.pop("images"),
        lambda coco: coco["images"][1].update(id=1),
        lambda coco: coco["images"][1].update(id="1"),
        lambda coco: coco["categories"][1].update(id=coco["categories"][0]["id"]),
        lambda coco: [row.update(image_id=99) for row in coco["annotations"]],
        lambda coco: coco.update(images=3),
    ],
)
def test_an_unsound_ground_truth_is_refused(damage, tmp_path):
    coco = coco_truth()
    damage(coco)
    (tmp_path / "truth.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match=r"truth\.json: "):
        read_ground_truth(tmp_path / "truth.json")


def test_what_is_no_json_is_refused(tmp_path):
    (tmp_path / "gt.json").write_text("{")
    with pytest.raises(UserError, match="can't be read as JSON"):
        read_ground_truth(tmp_path / "gt.json")


def test_boxes_go_there_and_back(tmp_path):
    found = as_detections(read(tmp_path, results()), 4)
    for before, after in zip(TRUTH.annotations, found, strict=True):
        np.testing.assert_allclose(xyxy_to_xywh(after.boxes), xyxy_to_xywh(before.boxes))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"bbox": None}, "has no bbox of four numbers"),
        ({"bbox": []}, "has no bbox of four numbers"),
        ({"image_id": 99}, "is of an image that is not listed"),
        ({"image_id": None}, "is of an image that is not listed"),
        ({"category_id": None}, "is of a category that is not listed"),
        ({"bbox": [0, 0, -1, 5]}, "has a bbox of negative width or height"),
    ],
)
def test_an_annotation_that_can_not_be_judged_by_is_left_out_and_named(tmp_path, damage, why):
    coco = coco_truth()
    coco["annotations"][3].update(damage, id=77)
    (tmp_path / "gt.json").write_text(json.dumps(coco))
    truth = read_ground_truth(tmp_path / "gt.json")
    assert sum(map(len, truth.annotations)) == 23
    assert truth.notes == (f"{tmp_path}/gt.json: left out 1 annotation, as 77, which {why}",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_windows_saves_them_are_read(tmp_path, encoding):
    (tmp_path / "gt.json").write_text(json.dumps(coco_truth()), encoding=encoding)
    (tmp_path / "det.json").write_text(json.dumps(results()), encoding=encoding)
    truth = read_ground_truth(tmp_path / "gt.json")
    assert len(read_rows(tmp_path / "det.json", truth).image) == 24


def test_ids_as_text_and_as_numbers_are_one(tmp_path):
    coco = coco_truth()
    for image in coco["images"]:
        image["id"] = str(image["id"])
    for category in coco["categories"]:
        category["id"] = float(category["id"])
    truth = ground_truth_file(convert(coco, CocoGroundTruth), "truth.json")
    assert sum(map(len, truth.annotations)) == 24
    path = tmp_path / "det.json"
    path.write_text(json.dumps(changed(category_id=str)), encoding="utf-8")
    rows = read_rows(path, truth)
    np.testing.assert_array_equal(rows.label, read(tmp_path, results()).label)
    np.testing.assert_array_equal(rows.image, read(tmp_path, results()).image)


def test_names_of_classes_may_be_numbers(tmp_path):
    coco = coco_truth()
    for number, category in enumerate(coco["categories"]):
        category["name"] = number
    truth = ground_truth_file(convert(coco, CocoGroundTruth), "truth.json")
    assert truth.classes == ("0", "1", "2")
    path = tmp_path / "det.json"
    categories = [{"id": n, "name": n - 1} for n in (1, 2, 3)]
    path.write_text(json.dumps({"annotations": results(), "categories": categories}))
    np.testing.assert_array_equal(read_rows(path, truth).label, read(tmp_path, results()).label)
