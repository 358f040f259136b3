import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_run import write_run

from datasets.annotations import Annotations, LabelledImage
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_to_coco, with_files
from pipelines.evaluation.matching import match
from pipelines.report.run_page.gallery import IGNORED, RIGHT, gallery_data, lowest_shown, outcomes
from pipelines.runs.finished import open_run

SIDE = st.sampled_from([10.0, 20.0, 30.0])
PLACE = st.sampled_from([0.0, 5.0, 10.0, 20.0])


@st.composite
def boxes(draw):
    left, top = draw(PLACE), draw(PLACE)
    return [left, top, left + draw(SIDE), top + draw(SIDE)]


@st.composite
def images(draw):
    """Objects and detections on a coarse grid: ties, duplicates and ignored ones are common."""
    objects = draw(st.lists(st.tuples(boxes(), st.integers(0, 1), st.booleans()), max_size=5))
    scores = st.sampled_from([0.1, 0.3, 0.5, 0.9])
    found = draw(st.lists(st.tuples(boxes(), scores, st.integers(0, 1)), max_size=8))
    return (
        Annotations(*([row[place] for row in objects] for place in range(3))),
        Detections(*([row[place] for row in found] for place in range(3))),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(images(), min_size=1, max_size=3))
def test_flags_of_all_detections_are_those_of_the_detections_above_any_threshold(drawn):
    truth, found = ([pair[place] for pair in drawn] for place in range(2))
    for objects, detections, outcome in zip(truth, found, outcomes(truth, found), strict=True):
        for threshold in (0.0, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0):
            shown = detections.above(threshold)
            alone = match(objects, shown)
            kinds = outcome.kinds[: len(shown)]
            np.testing.assert_array_equal(kinds == RIGHT, alone.true_positive)
            np.testing.assert_array_equal(kinds == IGNORED, alone.ignored)
            missed = ~(outcome.found_at >= threshold) & ~objects.ignore
            np.testing.assert_array_equal(missed, alone.missed)


def test_lowest_score_leaves_the_best_and_always_the_operating_point():
    found = [Detections([[0, 0, 1, 1]] * 3, [0.9, 0.5, 0.1], [0] * 3)]
    assert lowest_shown(found, 0.7, 10) == 0.1
    assert lowest_shown(found, 0.7, 2) == 0.5
    assert lowest_shown(found, 0.3, 2) == 0.3
    assert lowest_shown([Detections()], 0.5, 10) == 0.5


def test_scores_keep_all_their_digits_and_boxes_a_tenth_of_a_pixel():
    score = 0.1 + 0.2
    truth = [Annotations([[1, 2, 30.06, 40]], [0])]
    coco = ground_truth_to_coco(truth, ("cat",))
    coco = with_files(coco, [LabelledImage("a.png", Path("a.png"), 50, 50, truth[0])])
    found = {"mine": [Detections([[1, 2, 30.06, 41]], [score], [0])]}
    gallery = json.loads(json.dumps(gallery_data(coco, found, {"mine": 0.2})))
    (image,) = gallery["images"]
    assert image["objects"] == [[1, 2, 30.1, 40, 0, 0]]
    assert image["detections"] == [[[1, 2, 30.1, 41, 0, score, RIGHT]]]
    assert image["found_at"] == [[score]]
    assert gallery["pipelines"] == [
        {"name": "mine", "threshold": 0.2, "lowest": 0.2, "highest": score}
    ]


@pytest.mark.parametrize("name", ["classical", "yolo"])
def test_counts_at_the_operating_point_are_the_evaluators(tmp_path, name):
    write_run(tmp_path)
    run = open_run(tmp_path)
    coco = run.ground_truth()
    point = run.metrics.pipelines[name].quality.operating_point
    found = {name: run.detections(name, len(coco.images))}
    gallery = gallery_data(coco, found, {name: point.threshold})
    kinds = [
        row[6]
        for image in gallery["images"]
        for row in image["detections"][0]
        if row[5] >= point.threshold
    ]
    assert kinds.count(RIGHT) / (len(kinds) - kinds.count(IGNORED)) == point.precision
    wanted = sum(not row[5] for image in gallery["images"] for row in image["objects"])
    assert kinds.count(RIGHT) / wanted == point.recall
