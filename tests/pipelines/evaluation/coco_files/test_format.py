import json
from pathlib import Path

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    CocoDetection,
    decode_ground_truth,
    ground_truth_file,
    ground_truth_to_coco,
    with_files,
)
from pipelines.evaluation.coco_files.own_detections import decode_detections, detections_to_coco
from pipelines.evaluation.quality import score
from pipelines.evaluation.undefined import encode, plain

CLASSES = ("cat", "dog")
TRUTHS = [
    Annotations([[1.5, 2, 11, 22], [0, 0, 5, 5]], [1, 0], [False, True]),
    Annotations(),
    Annotations([[3, 4, 5, 6]], [0]),
]


def test_ground_truth_is_laid_out_as_coco_wants_it():
    coco = plain(ground_truth_to_coco(TRUTHS, CLASSES))
    assert coco["categories"] == [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    assert [image["id"] for image in coco["images"]] == [1, 2, 3]
    first, second, third = coco["annotations"]
    assert first == {
        "id": 1,
        "image_id": 1,
        "category_id": 2,
        "bbox": [1.5, 2.0, 9.5, 20.0],
        "area": 190.0,
        "iscrowd": 0,
        "ignore": 0,
    }
    assert (second["iscrowd"], second["ignore"]) == (1, 1)
    assert (third["id"], third["image_id"]) == (3, 3)


def test_images_have_their_names_and_sizes():
    images = [LabelledImage("a/b.jpg", Path("b.jpg"), 40, 30, TRUTHS[0])]
    coco = plain(with_files(ground_truth_to_coco(TRUTHS[:1], CLASSES), images))
    assert coco["images"] == [{"id": 1, "file_name": "a/b.jpg", "width": 40, "height": 30}]
    assert len(coco["annotations"]) == 2


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("part", [1, 40, 10_000])
def test_detections_come_back_a_part_at_a_time_however_the_file_is_set(monkeypatch, indent, part):
    monkeypatch.setattr("pipelines.evaluation.coco_files.own_detections.PART_BYTES", part)
    boxes = np.arange(20.0).reshape(5, 4).cumsum(axis=1)
    founds = [
        Detections(boxes[:3], [0.5, 0.9, 0.5], [1, 0, 1]),
        Detections(),
        Detections(boxes[3:], [0.1 + 0.2, 0.25], [0, 1]),
    ]
    text = json.dumps(plain(detections_to_coco(founds)), indent=indent)
    for before, after in zip(founds, decode_detections(text.encode(), 3), strict=True):
        np.testing.assert_array_equal(after.scores, before.scores)
        np.testing.assert_array_equal(after.labels, before.labels)
        np.testing.assert_allclose(after.boxes, before.boxes, rtol=1e-15)
    for broken in (text[:-2], text[:-1] + ", 1]"):
        with pytest.raises(ValueError, match=r"JSON|Expected|truncated"):
            decode_detections(broken.encode(), 3)
    assert len(decode_detections(b"[]", 2)) == 2


def test_ground_truth_comes_back_from_the_file():
    data = encode(ground_truth_to_coco(TRUTHS, CLASSES))
    again = ground_truth_file(decode_ground_truth(data), "truth.json").annotations
    for before, after in zip(TRUTHS, again, strict=True):
        np.testing.assert_array_equal(after.boxes, before.boxes)
        np.testing.assert_array_equal(after.labels, before.labels)
        np.testing.assert_array_equal(after.ignore, before.ignore)


def random_detections(seed, images=5):
    random = np.random.default_rng(seed)
    made = []
    for count in random.integers(0, 9, images):
        corners = random.uniform(0, 500, (count, 2))
        boxes = np.hstack([corners, corners + random.uniform(1, 200, (count, 2))])
        made.append(Detections(boxes, random.random(count), random.integers(0, 2, count)))
    return made


def test_detections_survive_the_file():
    founds = random_detections(0)
    again = decode_detections(encode(detections_to_coco(founds)), len(founds))
    for before, after in zip(founds, again, strict=True):
        np.testing.assert_allclose(after.boxes, before.boxes, rtol=1e-15, atol=0)
        np.testing.assert_array_equal(after.scores, before.scores)
        np.testing.assert_array_equal(after.labels, before.labels)


def test_a_run_scored_from_its_files_has_the_same_quality():
    founds = random_detections(1)
    truths = [Annotations(f.boxes[::2] + 3, f.labels[::2]) for f in founds]
    saved = decode_ground_truth(encode(ground_truth_to_coco(truths, CLASSES)))
    again = score(
        ground_truth_file(saved, "truth.json").annotations,
        decode_detections(encode(detections_to_coco(founds)), len(founds)),
        CLASSES,
    )
    assert again == score(truths, founds, CLASSES)
    assert 0 < again.map_50_95 < 1


@pytest.mark.parametrize("image_id", [0, 3])
def test_a_detection_of_an_image_that_is_not_there_is_refused(image_id):
    row = CocoDetection(image_id, 1, (0, 0, 1, 1), 0.5)
    with pytest.raises(ValueError, match="only 2 images"):
        decode_detections(encode([row]), 2)
