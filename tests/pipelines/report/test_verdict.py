from dataclasses import replace
from itertools import combinations, permutations
from math import nan

import pytest
from msgspec import structs
from toy_run import detector_metrics, toy_metrics

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.evaluation.significance import Difference
from pipelines.report.verdict import Worth, cost_worth, difference_worth, verdict_sentence
from pipelines.training import Model, Training

QUALITY = judge(EvaluationImages([Annotations()], ("cat",)), [Detections()]).quality
TIMED = detector_metrics("yolo", QUALITY)


def detector(value, median=None, seconds=None):
    quality = replace(QUALITY, map_50=value, interval_95={"map_50": (0.7, 0.9)})
    latency = None if median is None else replace(TIMED.latency_ms, p50=median)
    training = None if seconds is None else Training(seconds=seconds)
    return structs.replace(TIMED, quality=quality, latency_ms=latency, training=training)


def run(comparison=None, images=72, **pipelines):
    """Metrics of detectors given as (mAP, median ms, training seconds)."""
    metrics = toy_metrics({}, comparison or {}, images)
    return structs.replace(
        metrics, pipelines={name: detector(*given) for name, given in pipelines.items()}
    )


def difference(more, low, high, verdict, settle=None):
    return Difference(more, (low, high), 0.5, verdict, 72, settle)


def compared(*given):
    return {"map_50": difference(*given)}


WORSE = {"classical_minus_yolo": compared(-0.126, -0.165, -0.091, "worse")}
OPEN = {"classical_minus_yolo": compared(0.02, -0.01, 0.05, "cannot_tell", 1300)}
AHEAD = {"yolo_minus_classical": compared(-0.02, -0.05, 0.01, "cannot_tell")}
FEW = {"classical_minus_yolo": compared(0.02, nan, nan, "cannot_tell")}
THREE = {
    **WORSE,
    "classical_minus_mine": compared(-0.1, nan, nan, "cannot_tell"),
    "yolo_minus_mine": compared(0.01, -0.1, 0.1, "cannot_tell"),
}


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 780.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times "
            "as fast but trains 13 times as long.",
        ),
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times "
            "as fast and trains 3 times as fast.",
        ),
        (
            run(WORSE, classical=(0.795,), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images).",
        ),
        (
            run(OPEN, classical=(0.81, 10.0, 60.0), yolo=(0.79, 9.9, 150.0)),
            "These 72 test images cannot tell whether the classical pipeline or YOLO finds more: "
            "the classical pipeline is 0.020 ahead in mAP@.50 (95 % -0.010 to 0.050); about 1,300 "
            "would; the classical pipeline trains 2.5 times as fast.",
        ),
        (
            run(AHEAD, yolo=(0.79,), classical=(0.81,)),
            "These 72 test images cannot tell whether the classical pipeline or YOLO finds more: "
            "the classical pipeline is 0.020 ahead in mAP@.50 (95 % -0.010 to 0.050).",
        ),
        (
            run(FEW, images=4, classical=(0.81,), yolo=(0.79,)),
            "These 4 test images cannot tell whether the classical pipeline or YOLO finds more: "
            "the classical pipeline is 0.020 ahead in mAP@.50.",
        ),
        (
            run(classical=(0.8, 10.0, 60.0)),
            "The classical pipeline reaches an mAP@.50 of 0.800 (95 % 0.700 to 0.900, 72 test "
            "images); it was compared with no other.",
        ),
        (
            run(images=3, classical=(nan, 10.0, 60.0), yolo=(nan, 1.0, 1.0)),
            "Nothing can be concluded: the 3 test images have no object to be found.",
        ),
        (
            run(THREE, classical=(0.795, 1.0, 1.0), yolo=(0.921, 1.0, 1.0), mine=(0.911,)),
            "YOLO has the highest mAP@.50, 0.921 on 72 test images: better than the classical "
            "pipeline by more than the sampling error of the test images, but not distinguishable "
            "from mine.",
        ),
    ],
)
def test_the_verdict_says_who_is_better_how_surely_and_at_what_price(metrics, sentence):
    assert verdict_sentence(metrics) == sentence


VALUES = {"classical": 0.70, "yolo": 0.80, "transfer": 0.90}
COSTS = {"classical": (100.0, 40.0), "yolo": (6.0, 500.0), "transfer": (12.0, 300.0)}
LABELS = {"classical": "classical pipeline", "yolo": "YOLO", "transfer": "transfer"}


@pytest.mark.parametrize("order", list(permutations(VALUES)))
@pytest.mark.parametrize("tied", [(False, False), (True, False), (True, True)])
def test_of_three_the_best_the_beaten_and_the_near_are_named_in_every_order(order, tied):
    best, *others = order
    values = dict(zip(order, (0.9, 0.8, 0.7), strict=True))
    comparison = {}
    for a, b in combinations(VALUES, 2):  # the run's own order, whoever is ahead
        more = values[a] - values[b]
        near = best in (a, b) and tied[others.index(b if a == best else a)]
        verdict = "cannot_tell" if near else "better" if more > 0 else "worse"
        low, high = (more - 0.2, more + 0.2) if near else (more - 0.05, more + 0.05)
        comparison[f"{a}_minus_{b}"] = compared(more, low, high, verdict)
    given = {name: (values[name], *COSTS[name]) for name in VALUES}
    sentence = verdict_sentence(run(comparison, **given))
    first, *rest = sentence.split(". ")
    leader = first.partition(" has the highest mAP@.50, 0.900")[0]
    assert leader.lower().endswith(LABELS[best].lower())
    beaten = [name for name, is_tied in zip(others, tied, strict=True) if not is_tied]
    near = [name for name, is_tied in zip(others, tied, strict=True) if is_tied]
    better, _, alike = first.partition("not distinguishable from")
    assert all(LABELS[name] in better.partition("better than")[2] for name in beaten)
    assert all(LABELS[name] in alike for name in near)
    assert not any(LABELS[name] in alike for name in beaten)
    (costs,) = rest
    if near:
        quickest = min([best, *near], key=lambda name: COSTS[name][0])
        assert f"{LABELS[quickest]} answers fastest" in costs
        trained = min([best, *near], key=lambda name: COSTS[name][1])
        assert LABELS[trained] in costs.partition("trains fastest")[0]
    else:
        assert LABELS[others[0]] in costs.partition(", the second with 0.800")[0]


def test_the_verdict_names_a_pre_trained_network_so():
    metrics = run(yolo=(0.5,))
    model = Model(parameters=1, pretrained_on="ImageNet")
    seen = {"yolo": structs.replace(metrics.pipelines["yolo"], model=model)}
    sentence = verdict_sentence(structs.replace(metrics, pipelines=seen))
    assert sentence.startswith("YOLO (pre-trained on ImageNet) reaches an mAP@.50 of 0.500")


@pytest.mark.parametrize(
    ("given", "worth"),
    [
        (
            difference(0.2, 0.1, 0.3, "better"),
            Worth("classical better", "by 0.200 (0.100 to 0.300)", "classical"),
        ),
        (
            difference(-0.2, -0.3, -0.1, "worse"),
            Worth("yolo better", "by 0.200 (0.100 to 0.300)", "yolo"),
        ),
        (
            difference(-0.01, -0.1, 0.08, "cannot_tell", 1300),
            Worth("cannot tell", "classical −0.010 (−0.100 to +0.080), about 1,300 images would"),
        ),
        (difference(0.1, nan, nan, "cannot_tell"), Worth("cannot tell", "classical +0.100")),
        (difference(nan, nan, nan, "cannot_tell"), None),
        (None, None),
    ],
)
def test_a_difference_names_who_is_better(given, worth):
    assert difference_worth(given, ("classical", "yolo")) == worth


@pytest.mark.parametrize(
    ("values", "span"),
    [
        ([100.0, 7.0], "classical 14 times as much"),
        ([2.0, 5.0], "yolo 2.5 times as much"),
        ([1.0, 1.1], "about alike"),
        ([1.0, nan], None),
        ([1.0, 0], None),
    ],
)
def test_costs_are_compared_as_ratios(values, span):
    worth = cost_worth(values, ("classical", "yolo"))
    assert (worth.span if worth else None) == span
