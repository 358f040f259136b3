import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from coco_reference import assert_equal_to_pycocotools

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.precision import RECALLS, _recalls_reached
from pipelines.evaluation.quality import score
from pipelines.evaluation.undefined import plain

CLASSES = ("a", "b", "c")
ROOT = Path(__file__).resolve().parents[3]


def random_boxes(random, count):
    corners = random.uniform(0, 80, (count, 2))
    return np.hstack([corners, corners + np.exp(random.uniform(1, 5, (count, 2)))])


def random_fixture(seed, images=12):
    """Images with objects, some ignored, and detections near them, beside them and doubled."""
    random = np.random.default_rng(seed)
    truths, founds = [], []
    for _ in range(images):
        count = int(random.integers(0, 8))
        boxes, labels = random_boxes(random, count), random.integers(0, 2, count)
        truths.append(Annotations(boxes, labels, random.random(count) < 0.15))
        near = np.repeat(boxes, 2, axis=0) + random.normal(0, 3, (2 * count, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        extra = int(random.integers(0, 5))
        all_boxes = np.vstack([near, random_boxes(random, extra)])
        guesses = np.concatenate([np.repeat(labels, 2), random.integers(0, 3, extra)])
        founds.append(Detections(all_boxes, random.random(len(all_boxes)), guesses))
    return truths, founds


@pytest.mark.parametrize("seed", range(20))
def test_figures_equal_those_of_pycocotools(seed):
    truths, founds = random_fixture(seed)
    assert_equal_to_pycocotools(score(truths, founds, CLASSES), truths, founds, CLASSES)


def test_ground_truth_as_detections_is_perfect():
    truths, _ = random_fixture(0)
    founds = [Detections(t.boxes, np.ones(len(t)), t.labels) for t in truths]
    quality = score(truths, founds, CLASSES)
    assert (quality.map_50_95, quality.map_50) == (1.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_images_does_not_matter(seed):
    truths, founds = random_fixture(seed)
    order = np.random.default_rng(seed).permutation(len(truths))
    shuffled = score([truths[i] for i in order], [founds[i] for i in order], CLASSES)
    assert shuffled.map_50_95 == pytest.approx(score(truths, founds, CLASSES).map_50_95, abs=1e-9)


BOX = [10.0, 10, 30, 30]
FAR = [50.0, 50, 70, 70]


@pytest.mark.parametrize(
    ("truth", "found", "map_50"),
    [
        (Annotations([BOX], [0]), Detections([BOX], [0.9], [0]), 1.0),
        (Annotations([BOX], [0]), Detections([BOX], [0.9], [1]), 0.0),
        (Annotations([BOX], [0]), Detections(), 0.0),
        (Annotations([BOX], [0]), Detections([BOX, BOX], [0.9, 0.8], [0, 0]), 1.0),
        (Annotations([BOX], [0]), Detections([FAR, BOX], [0.9, 0.8], [0, 0]), 0.5),
        (Annotations([BOX, FAR], [0, 0]), Detections([BOX], [0.9], [0]), 51 / 101),
        # the second detection of one object stands before the first of the other
        (
            Annotations([BOX, FAR], [0, 0]),
            Detections([BOX, BOX, FAR], [0.9, 0.8, 0.7], [0, 0, 0]),
            (51 + 50 * 2 / 3) / 101,
        ),
        # exactly half of the box: an IoU at the threshold counts
        (Annotations([[0, 0, 10, 10]], [0]), Detections([[0, 0, 5, 10]], [0.9], [0]), 1.0),
        # an ignored object is not missed, and finding it is no mistake
        (
            Annotations([BOX, FAR], [0, 0], [False, True]),
            Detections([FAR, BOX], [0.9, 0.8], [0, 0]),
            1.0,
        ),
        (Annotations(), Detections(), math.nan),
    ],
)
def test_figures_agree_with_those_computed_by_hand(truth, found, map_50):
    assert score([truth], [found], CLASSES).map_50 == pytest.approx(map_50, nan_ok=True)


def test_a_class_without_objects_is_undefined_and_left_out_of_the_mean():
    quality = score([Annotations([BOX], [0])], [Detections([BOX, BOX], [1, 1], [0, 1])], CLASSES)
    assert math.isnan(quality.per_class["b"].ap_50)
    assert quality.map_50 == 1.0
    assert quality.per_class["a"].ground_truth == 1


def test_detections_on_an_image_without_objects_are_false_positives():
    truths = [Annotations([BOX], [0]), Annotations()]
    founds = [Detections([BOX], [0.5], [0]), Detections([BOX], [0.9], [0])]
    assert score(truths, founds, CLASSES).map_50 == pytest.approx(0.5)


def test_all_of_more_than_a_hundred_objects_can_be_found():
    boxes = np.array([[8.0 * i, 0, 8 * i + 6, 6] for i in range(150)])
    truth = Annotations(boxes, np.zeros(150))
    quality = score([truth], [Detections(boxes, np.linspace(1, 0.5, 150), np.zeros(150))], CLASSES)
    assert quality.map_50_95 == 1.0
    assert quality.max_detections == 150


def test_nothing_is_printed_and_nothing_changed(capfd):
    truths, founds = random_fixture(1)
    kept = [f.boxes.copy() for f in founds]
    first = plain(score(truths, founds, CLASSES))
    assert capfd.readouterr() == ("", "")
    assert plain(score(truths, founds, CLASSES)) == first
    for found, boxes in zip(founds, kept, strict=True):
        np.testing.assert_array_equal(found.boxes, boxes)


def test_scores_closer_than_single_precision_still_rank():
    truths = [Annotations([BOX], [0])]
    close = 0.5 + 1e-12
    assert score(truths, [Detections([BOX, FAR], [close, 0.5], [0, 0])], CLASSES).map_50 == 1.0
    assert score(truths, [Detections([BOX, FAR], [0.5, close], [0, 0])], CLASSES).map_50 == 0.5


@pytest.mark.parametrize("found", [[], [Detections([BOX], [0.9], [0])]])
def test_without_a_single_object_nothing_is_defined(found):
    truth = Annotations([FAR], [0], [True])  # one that is ignored is none
    quality = score([truth], found or [Detections()], CLASSES)
    assert all(math.isnan(q) for q in (quality.map_50_95, quality.map_50, quality.map_75))
    assert [c.ground_truth for c in quality.per_class.values()] == [0, 0, 0]


def test_no_image_at_all_is_undefined_too():
    assert math.isnan(score([], [], CLASSES).map_50)


def test_the_evaluator_imports_none_of_the_frameworks():
    code = (
        "import sys; import pipelines.evaluation.timing, pipelines.evaluation.report_card,"
        "pipelines.evaluation.coco_files.misreading, pipelines.evaluation.coco_files.format;"
        "print(*{'tensorflow', 'keras', 'cv2', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert not done.stdout.split()


def test_as_many_detections_as_images_are_wanted():
    with pytest.raises(ValueError, match="2 images"):
        score([Annotations(), Annotations()], [Detections()], CLASSES)


def test_sizes_are_told_by_the_area_a_file_gives():
    truth, found = [Annotations([[0, 0, 50, 50]], [0])], [Detections([[0, 0, 50, 50]], [1], [0])]
    quality = score(truth, found, CLASSES, areas=[np.array([100.0])])
    assert quality.small == 1.0
    assert math.isnan(quality.medium)
    assert score(truth, found, CLASSES).medium == 1.0


def test_equal_scores_rank_in_the_order_of_images():
    truths = [Annotations([BOX], [0]), Annotations()]
    founds = [Detections([BOX], [0.5], [0]), Detections([FAR], [0.5], [0])]
    assert score(truths, founds, CLASSES).map_50 == 1.0
    assert score(truths[::-1], founds[::-1], CLASSES).map_50 == 0.5


def test_a_crowd_takes_any_number_of_detections_by_the_share_that_lies_in_it():
    truth = Annotations([[0, 0, 100, 100], [200, 0, 220, 20]], [0, 0], [True, False])
    inside = [[10.0 * i, 10, 10 * i + 8, 20] for i in range(5)]
    found = Detections([*inside, [200, 0, 220, 20]], [0.9] * 5 + [0.1], [0] * 6)
    assert score([truth], [found], CLASSES).map_50_95 == 1.0


@pytest.mark.parametrize("labels", [[3], [-1]])
def test_a_label_without_a_class_is_refused(labels):
    with pytest.raises(ValueError, match="only 3 classes"):
        score([Annotations()], [Detections([BOX], [1], labels)], CLASSES)


def test_each_recall_counts_from_the_very_hit_that_reaches_it():
    np.testing.assert_array_equal(RECALLS, np.arange(101) * RECALLS[1])
    for objects in (*range(1, 130), 997, 1000, 25_600):
        hits = np.arange(objects + 1)
        wanted = np.searchsorted(RECALLS, hits / objects, side="right")
        np.testing.assert_array_equal(_recalls_reached(hits, np.array(objects)), wanted)
