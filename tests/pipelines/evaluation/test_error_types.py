import json
import math
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.boxes import as_boxes, xywh_to_xyxy
from pipelines.detections import Detections
from pipelines.evaluation.error_types import TYPES, error_costs
from pipelines.evaluation.quality import evaluation_set, quality_of

CLASSES = ("a", "b", "c")
BY_TIDECV = json.loads((Path(__file__).parent / "tide_values.json").read_text())
BOX, FAR = [0.0, 0, 20, 20], [100.0, 100, 120, 120]
NEAR = [0.0, 0, 20, 8]  # IoU .4 with BOX


def given(truths, founds):
    return evaluation_set(truths, founds, CLASSES)


def from_rows(case):
    truths, founds = [], []
    for image in range(case["images"]):
        objects = np.array([row for row in case["objects"] if row[0] == image]).reshape(-1, 7)
        found = np.array([row for row in case["detections"] if row[0] == image]).reshape(-1, 7)
        boxes = [xywh_to_xyxy(as_boxes(rows[:, 2:6])) for rows in (objects, found)]
        truths.append(Annotations(boxes[0], objects[:, 1], objects[:, 6] > 0))
        founds.append(Detections(boxes[1], found[:, 6], found[:, 1]))
    return truths, founds


@pytest.mark.parametrize("case", BY_TIDECV, ids=range(len(BY_TIDECV)))
def test_costs_equal_those_of_tidecv(case):
    ours = given(*from_rows(case))
    assert quality_of(ours).map_50 == pytest.approx(case["tidecv"]["map_50"], abs=1e-9)
    costs = error_costs(ours)
    for name in TYPES:
        assert getattr(costs, name) == pytest.approx(case["tidecv"]["errors"][name], abs=1e-9)


@pytest.mark.parametrize("part", [1, 10])
def test_a_few_images_at_a_time_cost_the_same(monkeypatch, part):
    for case in BY_TIDECV[:5]:
        ours = given(*from_rows(case))
        whole = error_costs(ours)
        monkeypatch.setattr("pipelines.evaluation.error_types.PART", part)
        assert error_costs(ours) == whole
        monkeypatch.undo()


def test_every_kind_occurs_in_what_is_checked():
    for name in TYPES:
        assert any(case["tidecv"]["errors"][name] > 0.001 for case in BY_TIDECV), name


@pytest.mark.parametrize(
    ("found", "kind", "cost"),
    [
        (Detections([BOX], [0.9], [1]), "classification", 1.0),
        (Detections([NEAR], [0.9], [0]), "localisation", 1.0),
        (Detections([FAR, BOX], [0.9, 0.8], [0, 0]), "background", 0.5),
        (Detections(), "missed", 1.0),
    ],
)
def test_one_mistake_costs_what_repairing_it_brings(found, kind, cost):
    costs = error_costs(given([Annotations([BOX], [0])], [found]))
    expected = [cost if name == kind else 0.0 for name in TYPES]
    assert astuple(costs) == pytest.approx(expected)


def test_a_duplicate_costs_the_precision_of_what_comes_after_it():
    truth = Annotations([BOX, FAR], [0, 0])
    found = Detections([BOX, BOX, FAR], [0.9, 0.8, 0.7], [0, 0, 0])
    assert error_costs(given([truth], [found])).duplicate == pytest.approx(50 / 3 / 101)


def test_class_and_place_both_wrong_is_a_kind_of_its_own():
    truth = Annotations([BOX], [0])
    found = Detections([NEAR, BOX], [0.9, 0.8], [1, 0])
    # the wrong one is of a class without objects: taking it away changes no figure
    costs = error_costs(given([truth, Annotations([FAR], [1])], [found, Detections()]))
    assert costs.both == pytest.approx(0.0)
    again = Detections([FAR], [0.5], [1])
    costs = error_costs(given([truth, Annotations([FAR], [1])], [found, again]))
    assert costs.both == pytest.approx(0.25)


def test_images_without_objects_cost_background():
    truths = [Annotations([BOX], [0]), Annotations()]
    founds = [Detections([BOX], [0.5], [0]), Detections([BOX], [0.9], [0])]
    assert error_costs(given(truths, founds)).background == pytest.approx(0.5)


@pytest.mark.parametrize("truth", [Annotations(), Annotations([BOX], [0], [True])])
def test_without_an_object_no_cost_is_defined(truth):
    costs = error_costs(given([truth], [Detections([BOX], [0.9], [0])]))
    assert all(math.isnan(cost) for cost in astuple(costs))
