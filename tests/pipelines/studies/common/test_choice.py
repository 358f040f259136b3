import pytest

from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.choice import choice

SURE, LIKELY = "sure: 99.0 % of resamples", "likely: 90.0 % of resamples"
UNSURE = "cannot tell: 60.0 % of resamples for YOLO"


def row(favours, sureness=SURE):
    return AxisResult(
        question="", answers={}, verdict="", favours=favours, sureness=sureness, cells=()
    )


@pytest.mark.parametrize(
    ("axes", "words"),
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
            "choose YOLO: which finds more is not sure, and it costs less (hardware",
        ),
        (
            {"time": row("yolo"), "hardware": row("classical"), "features": row("classical")},
            "choose the classical pipeline: which finds more is not sure, and more axes favour it",
        ),
        ({"time": row("yolo"), "hardware": row("classical")}, "do not decide between them"),
        ({"data": row("neither", UNSURE)}, "do not decide between them"),
        ({"data": row("toy"), "time": row("classical")}, "choose toy: it finds more (data"),
        (
            {"data": row("toy", LIKELY), "time": row("yolo"), "hardware": row("classical")},
            "do not decide between them",
        ),
        (
            {
                "data": row("toy", LIKELY),
                "hardware": row("classical"),
                "time": row("yolo"),
                "features": row("toy"),
                "interpretability": row("toy"),
            },
            "choose toy: which finds more is not sure, and more axes favour it (data",
        ),
    ],
)
def test_the_choice_follows_the_rules(axes, words):
    assert words in choice(axes)


def test_a_likely_lead_in_finding_more_does_not_decide_against_cost():
    paragraph = choice({"data": row("yolo", LIKELY), "time": row("classical")})
    assert "choose the classical pipeline" in paragraph
    assert "Against it speak data (likely: 90.0 %" in paragraph


def test_of_three_all_that_favour_another_speak_against_the_choice():
    paragraph = choice({"data": row("toy"), "hardware": row("yolo"), "time": row("classical")})
    assert "Against it speak hardware (sure: 99.0 % of resamples) and time (sure" in paragraph


def test_nothing_studied_advises_nothing():
    assert choice({}) == ""
