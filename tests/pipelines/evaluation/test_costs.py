import math
from itertools import product

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.costs import Costs, Judged, TradeOff, cheapest, least_cost, trade_offs
from pipelines.evaluation.operating_point import best_f1

HIT, MISS = [0, 0, 10, 10], [50, 50, 60, 60]
# By hand: ten objects, an image each. From the best score down: four right, one wrong, three
# right, four wrong, one right, eight wrong.
OUTCOMES = [1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, *[0] * 8]
SCORES = [0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, *np.linspace(0.6, 0.1, 13)]


def by_hand():
    """Images with an object each, of which some are found, and detections of nothing."""
    truth = [Annotations([HIT], [0]) for _ in range(10)]
    rows = [[] for _ in truth]
    hits = 0
    for right, score in zip(OUTCOMES, SCORES, strict=True):
        rows[hits if right else 9].append((HIT if right else MISS, score))
        hits += right
    found = [
        Detections([box for box, _ in each], [score for _, score in each], [0] * len(each))
        for each in rows
    ]
    return truth, found


@pytest.mark.parametrize(
    ("miss", "alarm", "threshold", "missed", "alarms"),
    [
        (1, 4, 0.875, 6, 0),  # the wrong one at .85 costs more than the three behind it
        (1, 1, 0.65, 3, 1),  # two saved for one alarm
        (10, 1, sum(SCORES[12:14]) / 2, 2, 5),  # one more object is worth four alarms
        (0, 1, None, 10, 0),  # what is missed costs nothing: show nothing
        (1, 0, sum(SCORES[12:14]) / 2, 2, 5),  # alarms cost nothing: as many objects as there are
    ],
)
def test_the_best_threshold_is_the_one_worked_out_by_hand(miss, alarm, threshold, missed, alarms):
    truth, found = by_hand()
    judged, costs = Judged.of(truth, found), Costs(miss, alarm, 0)
    chosen = least_cost(judged, costs)
    assert chosen.by == "cost"
    if threshold is None:
        assert chosen.threshold > 1
        assert math.isnan(chosen.f1)
    else:
        assert chosen.threshold == pytest.approx(threshold)
    assert [int(each.sum()) for each in judged.mistakes(chosen.threshold)] == [missed, alarms]


def test_corners_are_those_of_the_hull_worked_out_by_hand():
    truth, found = by_hand()
    corners = trade_offs(Judged.of(truth, found))
    assert [(each.missed, each.false_alarms) for each in corners] == [
        (10, 0),
        (6, 0),
        (3, 1),
        (2, 5),
    ]
    thresholds = [each.threshold for each in corners]
    assert thresholds == sorted(thresholds, reverse=True)


def chance(seed, images=30):
    random = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(images):
        corners = random.uniform(0, 60, (3, 2))
        boxes = np.hstack([corners, corners + 20])
        truth.append(Annotations(boxes, random.integers(0, 2, 3), [False, False, True]))
        moved = np.vstack([boxes, boxes + 3, boxes + 30])
        scores = np.round(random.random(9), 1)  # many are equal
        found.append(Detections(moved, scores, random.integers(0, 2, 9)))
    return truth, found


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_at_all_is_cheaper_than_the_best_corner(seed):
    judged = Judged.of(*chance(seed))
    corners = trade_offs(judged)
    for miss, alarm in product((0, 0.3, 1, 2, 7), (0.2, 1, 3)):
        costs = Costs(miss, alarm, 0)
        every = []
        for threshold in [*np.unique(judged.score), 2.0]:
            missed, alarms = (int(each.sum()) for each in judged.mistakes(threshold))
            every.append(TradeOff(threshold, missed, alarms).cost(costs))
        best = cheapest(corners, costs)
        assert best.cost(costs) == pytest.approx(min(every))
        missed, alarms = (int(each.sum()) for each in judged.mistakes(best.threshold))
        assert (missed, alarms) == (best.missed, best.false_alarms)


def test_f1_at_the_threshold_that_is_best_for_it_is_the_best():
    truth, found = chance(7)
    chosen = best_f1(truth, found)
    assert Judged.of(truth, found).f1(chosen.threshold) == pytest.approx(chosen.f1)


def test_where_nothing_is_detected_or_there_nothing_pays():
    for truth, found in (
        ([Annotations([HIT], [0])], [Detections()]),
        ([Annotations()], [Detections([HIT], [0.9], [0])]),
        ([], []),
    ):
        judged = Judged.of(truth, found)
        (nothing,) = trade_offs(judged)
        assert nothing.threshold > 1
        assert nothing.false_alarms == 0
    with pytest.raises(ValueError, match="images"):
        Judged.of([Annotations()], [])
