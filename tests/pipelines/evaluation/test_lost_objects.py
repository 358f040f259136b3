import math
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.lost_objects import Reach, lost_objects, reach
from pipelines.evaluation.matching import match
from pipelines.evaluation.undefined import decode, encode

A, BESIDE = [0.0, 0, 10, 10], [0.0, 5.5, 10, 15.5]  # IoU .29 with A
TRUTH = Annotations([A], [0])
NOTHING = Detections()


def boxes(*rows):
    return SimpleNamespace(boxes=np.array(rows, float).reshape(-1, 4))


def test_scores_before_the_last_step_are_made_such_as_thresholds_are():
    offered = reach(TRUTH, one(0, 0.8), lambda scores: scores / 2)
    assert offered.right == (0.4,)
    assert offered.holds(0.4).all()
    assert not offered.holds(0.41).any()


def one(label, score, box=A):
    return Detections([box], [score], [label])


def lost(final, threshold=0.5, **stages):
    offered = {name: reach(TRUTH, output) for name, output in {**stages, "nms": final}.items()}
    return lost_objects([TRUTH], [final], [offered], threshold)[0]


@pytest.mark.parametrize(
    ("stages", "reason"),
    [
        ({"proposals": boxes(), "classifier": NOTHING, "regression": NOTHING}, "not_proposed"),
        (
            {"proposals": boxes(BESIDE), "classifier": NOTHING, "regression": NOTHING},
            "not_proposed",
        ),
        (
            {"proposals": boxes(A), "classifier": one(1, 0.9), "regression": NOTHING},
            "misclassified",
        ),
        (
            {"proposals": boxes(A), "classifier": one(0, 0.4), "regression": NOTHING},
            "misclassified",
        ),
        (
            {"proposals": boxes(A), "classifier": one(0, 0.9), "regression": one(0, 0.9, BESIDE)},
            "badly_placed",
        ),
        (
            {"proposals": boxes(A), "classifier": one(0, 0.9), "regression": one(0, 0.9)},
            "suppressed",
        ),
    ],
)
def test_a_detector_that_proposes_first_loses_objects_in_its_own_places(stages, reason):
    result = lost(NOTHING, **stages)
    assert result == {
        name: int(name == reason)
        for name in ("not_proposed", "misclassified", "badly_placed", "suppressed")
    }


@pytest.mark.parametrize(
    ("decoded", "reason"),
    [
        (NOTHING, "below_threshold"),
        (one(0, 0.4), "below_threshold"),
        (one(1, 0.9), "wrong_class"),
        (one(1, 0.4), "below_threshold"),
        (one(0, 0.9, BESIDE), "badly_placed"),
        (one(0, 0.9), "suppressed"),
    ],
)
def test_a_detector_that_answers_at_once_loses_them_in_others(decoded, reason):
    result = lost(NOTHING, decode=decoded)
    assert [name for name, count in result.items() if count] == [reason]


def test_a_stage_reaches_what_it_has_a_good_enough_candidate_for():
    truth = Annotations([A, [50, 0, 60, 10], [80, 0, 90, 10]], [0, 0, 0], [False, False, True])
    final = one(0, 0.9)
    offered = {
        "proposals": reach(truth, boxes(*truth.boxes)),
        "classifier": reach(truth, Detections(truth.boxes, [0.9, 0.4, 0.9], [0, 0, 0])),
        "nms": reach(truth, final),
    }
    reasons, ceilings = lost_objects([truth], [final], [offered], 0.5)
    assert ceilings == {"proposals": 1.0, "classifier": 0.5, "nms": 0.5}
    assert (sum(reasons.values()), reasons["misclassified"]) == (1, 1)


def test_found_and_lost_are_all_objects_there_are():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 60, (20, 2))
    truth = Annotations(np.hstack([corners, corners + 15]), random.integers(0, 2, 20))
    final = Detections(truth.boxes + 4, random.random(20), random.integers(0, 2, 20))
    reasons, _ = lost_objects([truth], [final], [{"detections": reach(truth, final)}], 0.3)
    found = match(truth, final.above(0.3)).found.sum()
    assert found + sum(reasons.values()) == 20


def test_what_a_stage_offers_comes_back_from_the_file():
    truth = Annotations([A, [50, 0, 60, 10]], [0, 0])
    offered = reach(truth, one(0, 0.9))
    again = decode(encode(offered), Reach)
    assert again.right[0] == 0.9
    assert math.isnan(again.right[1])
    assert again.holds(0.5).tolist() == [True, False]


def test_without_objects_no_ceiling_is_defined():
    offered = {"nms": reach(Annotations(), NOTHING)}
    reasons, ceilings = lost_objects([Annotations()], [NOTHING], [offered], 0.5)
    assert math.isnan(ceilings["nms"])
    assert sum(reasons.values()) == 0
