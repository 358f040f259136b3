import math

import pytest

from pipelines.studies.common.verdict import choice, favoured, share_better


@pytest.mark.parametrize(
    ("share", "favours", "word"),
    [
        (1.0, "classical", "sure: 100.0 %"),
        (0.975, "classical", "sure: 97.5 %"),
        (0.9, "classical", "likely: 90.0 %"),
        (0.6, "neither", "cannot tell: 60.0 %"),
        (0.5, "neither", "cannot tell: 50.0 %"),
        (0.1, "yolo", "likely: 90.0 %"),
        (0.0, "yolo", "sure: 100.0 %"),
        (math.nan, "neither", "cannot tell: not measured"),
    ],
)
def test_sureness_follows_from_the_share_of_resamples(share, favours, word):
    told, sureness = favoured(share)
    assert told == favours
    assert sureness.startswith(word)


def test_equal_resamples_are_half_and_unknown_ones_left_out():
    assert share_better([1, 2, 3, math.nan], [0, 2, 4, 1]) == pytest.approx(0.5)
    assert math.isnan(share_better([math.nan], [1.0]))


def row(favours, sureness="sure: 99.0 % of resamples"):
    return {"favours": favours, "sureness": sureness}


UNSURE = "cannot tell: 60.0 % of resamples for YOLO"


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"data": row("yolo"), "time": row("classical")}, "choose YOLO: it finds more (data"),
        ({"data": row("yolo"), "time": row("classical")}, "Against it speak time (sure"),
        ({"approach": row("classical")}, "choose the classical pipeline: it finds more (approach"),
        (
            {"data": row("classical"), "approach": row("yolo")},
            "choose the classical pipeline: it finds more (data",
        ),
        (
            {"approach": row("neither", UNSURE), "time": row("yolo"), "hardware": row("yolo")},
            "choose YOLO: which of the two finds more is not sure, and it costs less (time",
        ),
        (
            {"time": row("yolo"), "hardware": row("classical"), "features": row("classical")},
            "choose the classical pipeline: which of the two finds more is not sure, and more rows",
        ),
        (
            {"time": row("yolo"), "hardware": row("classical")},
            "do not decide between the two",
        ),
        ({"data": row("neither", UNSURE)}, "do not decide between the two"),
    ],
)
def test_the_choice_follows_the_rules(axes, said):
    assert said in choice(axes)


def test_a_likely_lead_in_finding_more_does_not_decide_against_cost():
    axes = {"data": row("yolo", "likely: 90.0 % of resamples"), "time": row("classical")}
    assert "choose the classical pipeline" in choice(axes)
    assert "Against it speak data (likely: 90.0 %" in choice(axes)


def test_nothing_studied_advises_nothing():
    assert choice({}) == ""
