import contextlib
import io

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_to_coco
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.matching import match, outcomes
from pipelines.evaluation.undefined import plain

A, B = [0.0, 0, 10, 10], [20.0, 0, 30, 10]


@pytest.mark.parametrize(
    ("truth", "found", "right", "ignored", "missed"),
    [
        (Annotations([A], [0]), Detections([A, A], [0.9, 0.8], [0, 0]), [1, 0], [0, 0], [0]),
        (Annotations([A], [0]), Detections([A], [0.9], [1]), [0], [0], [1]),
        (
            Annotations([A], [0], [True]),
            Detections([A, A], [0.9, 0.8], [0, 0]),
            [0, 0],
            [1, 1],
            [0],
        ),
        (Annotations([A, B], [0, 0]), Detections([B], [0.9], [0]), [1], [0], [1, 0]),
        (Annotations(), Detections([A], [0.9], [0]), [0], [0], []),
        (Annotations([A], [0]), Detections(), [], [], [1]),
        # a real object is preferred to an ignored one that it lies in
        (
            Annotations([[0, 0, 40, 40], A], [0, 0], [True, False]),
            Detections([A], [0.9], [0]),
            [1],
            [0],
            [0, 0],
        ),
    ],
)
def test_each_object_is_found_once_by_the_best_detection(truth, found, right, ignored, missed):
    matches = match(truth, found)
    assert matches.true_positive.astype(int).tolist() == right
    assert matches.ignored.astype(int).tolist() == ignored
    assert matches.missed.astype(int).tolist() == missed


def test_outcomes_of_all_images_leave_out_what_found_an_ignored_object():
    truth = [Annotations([A, B], [0, 0], [True, False]), Annotations()]
    found = [Detections([A, B], [0.9, 0.8], [0, 0]), Detections([A], [0.7], [0])]
    scores, right = outcomes(truth, found)
    assert dict(zip(scores.tolist(), right.tolist(), strict=True)) == {0.8: True, 0.7: False}


def by_pycocotools(truth, found, classes):
    """Return which detections are true positives and which are ignored, by COCO's own code."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = plain(ground_truth_to_coco([truth], classes))
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(plain(detections_to_coco([found]))), "bbox")
        evaluation.params.maxDets = [1, 10, 1000]
        evaluation.evaluate()
    right, ignored = np.zeros(len(found), bool), np.zeros(len(found), bool)
    for seen in evaluation.evalImgs[:: len(evaluation.params.areaRng)]:
        if seen is None:
            continue
        rows = np.array(seen["dtIds"], int) - 1
        ignored[rows] = seen["dtIgnore"][0]
        right[rows] = (seen["dtMatches"][0] > 0) & ~ignored[rows]
    return right, ignored


@pytest.mark.parametrize("seed", range(20))
def test_verdicts_equal_those_of_pycocotools(seed):
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 60, (12, 2))
    boxes = np.hstack([corners, corners + random.uniform(4, 40, (12, 2))])
    truth = Annotations(boxes, random.integers(0, 2, 12), random.random(12) < 0.25)
    near = np.repeat(boxes, 3, axis=0) + random.normal(0, 2, (36, 4))
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
    found = Detections(near, random.random(36), np.repeat(truth.labels, 3))
    matches = match(truth, found)
    right, ignored = by_pycocotools(truth, found, ("a", "b"))
    np.testing.assert_array_equal(matches.true_positive, right)
    np.testing.assert_array_equal(matches.ignored, ignored)
    assert matches.found.sum() == right.sum() > 0


def test_every_detection_and_object_has_exactly_one_verdict():
    truth = Annotations([A, B, A], [0, 0, 1], [False, True, False])
    found = Detections([A, A, B, B], [0.9, 0.8, 0.7, 0.6], [0, 0, 0, 1])
    matches = match(truth, found)
    kinds = np.array([matches.true_positive, matches.false_positive, matches.ignored]).astype(int)
    np.testing.assert_array_equal(kinds.sum(axis=0), 1)
    np.testing.assert_array_equal(matches.found | matches.missed | truth.ignore, True)
    assert not (matches.found & matches.missed).any()


def test_an_overlap_at_the_threshold_is_enough_and_below_it_is_not():
    truth = Annotations([[0, 0, 10, 10]], [0])
    assert match(truth, Detections([[0, 0, 5, 10]], [1], [0])).true_positive.all()
    assert match(truth, Detections([[0, 0, 4.99, 10]], [1], [0])).false_positive.all()


def test_a_detection_without_area_is_a_false_positive_even_in_an_ignored_object():
    truth = Annotations([[0, 0, 40, 40]], [0], [True])
    assert match(truth, Detections([[5, 5, 5, 9]], [1], [0])).false_positive.all()
