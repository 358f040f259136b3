import json

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.errors import UserError
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    CocoGroundTruth,
    ground_truth_file,
    ground_truth_to_coco,
)
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.coco_files.results import read_rows
from pipelines.evaluation.undefined import convert, plain


def truth_of(names):
    """A ground truth with ids from 1 in the order of the names, two boxes an image."""
    random = np.random.default_rng(0)
    truths = []
    for _ in names:
        corners = random.uniform(0, 200, (2, 2))
        truths.append(Annotations(np.hstack([corners, corners + 40]), [0, 0]))
    coco = plain(ground_truth_to_coco(truths, ("cat",)))
    for image, name in zip(coco["images"], names, strict=True):
        image.update(file_name=name, width=300, height=250)
    return ground_truth_file(convert(coco, CocoGroundTruth), "truth.json")


def read(folder, truth, called, images=None, shift=0.0):
    """Every object found, its image called as that function of its place says."""
    found = [Detections(t.boxes + shift, [0.9, 0.8], t.labels) for t in truth.annotations]
    rows = plain(detections_to_coco(found))
    for row in rows:
        row["image_id"] = called(row["image_id"] - 1)
    if images is not None:
        rows = [row for row in rows if row["image_id"] in images]
    path = folder / "det.json"
    path.write_text(json.dumps(rows))
    return read_rows(path, truth)


SHIFTED = [f"images/{number}.jpg" for number in range(20)]  # the file 7.jpg has the id 8
PADDED = [f"{number:06}.jpg" for number in range(100, 120)]


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (SHIFTED, lambda place: place),
        (SHIFTED, str),
        (SHIFTED, lambda place: f"{place}.jpg"),
        (SHIFTED, lambda place: place + 1),
        (PADDED, lambda place: 100 + place),
        (PADDED, lambda place: f"{100 + place:06}"),
        (PADDED, lambda place: place + 1),
    ],
)
def test_images_are_known_by_the_reading_that_fits_all_rows(tmp_path, names, called):
    rows = read(tmp_path, truth_of(names), called)
    np.testing.assert_array_equal(rows.image, np.repeat(np.arange(20), 2))
    assert not rows.notes


def test_where_both_readings_fit_the_boxes_decide_and_it_is_said(tmp_path):
    truth, some = truth_of(SHIFTED), set(range(1, 20))
    by_name = read(tmp_path, truth, lambda place: place, some)
    np.testing.assert_array_equal(by_name.image, np.repeat(np.arange(1, 20), 2))
    assert "taken for file names" in by_name.notes[0]
    by_id = read(tmp_path, truth, lambda place: place + 1, some)
    np.testing.assert_array_equal(by_id.image, np.repeat(np.arange(19), 2))


def test_where_both_readings_fit_and_no_box_decides_the_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="list the images"):
        read(tmp_path, truth_of(SHIFTED), lambda place: place, {3, 4, 5}, shift=500.0)


def test_two_images_of_one_name_are_not_known_by_it(tmp_path):
    truth = truth_of(["a/1.jpg", "b/1.jpg", "c/2.jpg"])
    with pytest.raises(UserError, match="image ids are not in the ground truth, as 1"):
        read(tmp_path, truth, lambda place: ["1.jpg", "1.jpg", "2.jpg"][place])
