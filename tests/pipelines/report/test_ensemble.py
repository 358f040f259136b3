from dataclasses import replace

import pytest
from made_metrics import compared, run
from msgspec import structs

from pipelines.report.caveats import caveats
from pipelines.report.ensemble import worth_its_time
from pipelines.settings import RunSettings

PARTS = {"classical": (0.7, 20.0), "yolo": (0.8, 10.0)}


def together(more, low, high, word, ensemble=True):
    comparison = {"yolo_minus_ensemble": compared(-more, -high, -low, word)}
    metrics = run(comparison, **PARTS, ensemble=(0.8 + more, 31.0))
    settings = replace(RunSettings(pipelines=("classical", "yolo")), ensemble=ensemble)
    return structs.replace(metrics, settings=settings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0.05, 0.01, 0.09, "worse"), "finds more than yolo (+0.050 mAP@.50, 95 % +0.010 to +0.09"),
        ((0.05, 0.01, 0.09, "worse"), "worth it where that is worth 3.1 times as long"),
        ((0.01, -0.01, 0.03, "cannot_tell"), "is not surely better than yolo"),
        ((0.01, -0.01, 0.03, "cannot_tell"), "not worth its time by these images"),
        ((-0.05, -0.09, -0.01, "better"), "finds less than yolo"),
    ],
)
def test_it_is_worth_its_time_where_it_surely_finds_more_than_the_best(given, words):
    metrics = together(*given)
    assert worth_its_time(metrics).startswith("ensemble, classical and yolo together, ")
    assert words in worth_its_time(metrics)
    assert worth_its_time(metrics) in caveats(metrics)


def test_without_an_ensemble_nothing_is_said_of_one():
    assert worth_its_time(together(0.05, 0.01, 0.09, "worse", ensemble=False)) == ""
