from dataclasses import replace
from math import nan

import pytest
from made_metrics import compared, difference, run
from msgspec import structs

from pipelines.report.verdict import Worth, cost_worth, difference_worth, verdict_sentence
from pipelines.training import Model

WORSE = {"classical_minus_yolo": compared(-0.126, -0.165, -0.091, "worse")}
OPEN = {"classical_minus_yolo": compared(0.02, -0.01, 0.05, "cannot_tell", (60, 1300))}
AHEAD = {"yolo_minus_classical": compared(-0.02, -0.05, 0.01, "cannot_tell")}
FEW = {"classical_minus_yolo": compared(0.02, nan, nan, "cannot_tell")}


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 780.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times "
            "as fast (timed in turns) but trains 13 times as long.",
        ),
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times "
            "as fast (timed in turns) and trains 3 times as fast.",
        ),
        (
            run(WORSE, classical=(0.795,), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than the classical pipeline: its "
            "mAP@.50 is 0.126 higher (95 % 0.091 to 0.165, 72 test images).",
        ),
        (
            run(OPEN, classical=(0.81, 10.0, 60.0), yolo=(0.79, 9.9, 150.0)),
            "These 72 test images cannot tell whether the classical pipeline or YOLO finds more: "
            "the classical pipeline is 0.020 ahead in mAP@.50 (95 % -0.010 to 0.050); about 60 to "
            "1,300 more would; the classical pipeline trains 2.5 times as fast.",
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
    ],
)
def test_the_verdict_says_who_is_better_how_surely_and_at_what_price(metrics, sentence):
    once = "" if "Nothing can be" in sentence else " Another training is not in this interval."
    assert verdict_sentence(metrics) == f"{sentence}{once}"


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
            difference(-0.01, -0.1, 0.08, "cannot_tell", (7, 7)),
            Worth("cannot tell", "classical −0.010 (−0.100 to +0.080), about 7 more images would"),
        ),
        (difference(0.1, nan, nan, "cannot_tell"), Worth("cannot tell", "classical +0.100")),
        (
            replace(difference(0.1, 0.02, 0.2, "cannot_tell"), corrected_interval=(-0.01, 0.21)),
            Worth("cannot tell", "classical +0.100 (−0.010 to +0.210)"),
        ),
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
