import io
from math import nan
from pathlib import Path

import msgspec
import pytest
from made_metrics import difference, run
from rich.console import Console

from pipelines.audit.apply import Applied
from pipelines.audit.effect import Effect, FigureEffect
from pipelines.report.effect_rows import effect_shown
from pipelines.report.terminal.audit import MOST_LISTED, applied_lines, effect_text

NONE = difference(nan, nan, nan, "cannot_tell")


def figure(today, then):
    more = difference(then - today, then - today - 0.01, then - today + 0.01, "better")
    return FigureEffect(today, (today - 0.02, today + 0.02), then, (then - 0.02, then + 0.02), more)


def figures(today, then):
    return {"map_50": figure(today, then), "map_50_95": figure(today - 0.3, then - 0.3)}


def both(more, low, high, verdict):
    given = difference(more, low, high, verdict)
    return {"yolo_minus_classical": {"map_50": given, "map_50_95": given}}


METRICS = run(
    both(0.084, 0.055, 0.118, "better"), yolo=(0.923, 6.2, 537), classical=(0.839, 113.0, 37)
)
EFFECT = Effect(
    "ignored",
    12,
    72,
    {"yolo": figures(0.923, 0.951), "classical": figures(0.839, 0.94)},
    both(0.011, -0.01, 0.032, "cannot_tell"),
)


def test_each_figure_stands_beside_todays_with_both_intervals():
    shown = effect_shown(METRICS, EFFECT)
    assert [(row.detector, row.figure) for row in shown.rows] == [
        ("yolo", "mAP@.50"),
        ("yolo", "mAP@[.50:.95]"),
        ("classical", "mAP@.50"),
        ("classical", "mAP@[.50:.95]"),
    ]
    first = shown.rows[0]
    assert (first.today.text, first.then.text) == ("0.923", "0.951")
    assert (first.today.low, first.then.high) == pytest.approx((0.903, 0.971))
    assert first.more == "+0.028 (+0.018 to +0.038)"


def test_the_verdict_is_said_for_both():
    today, then = effect_shown(METRICS, EFFECT).verdicts
    assert "0.084 higher" in today
    assert "cannot tell" in then
    assert "0.011 ahead" in then


def test_what_is_counted_how_is_said_with_the_figures():
    ignored, accepted = (
        effect_shown(METRICS, msgspec.structs.replace(EFFECT, basis=basis))
        for basis in ("ignored", "accepted")
    )
    assert (ignored.heading, accepted.heading) == ("12 places ignored", "12 accepted")
    assert "neither as right nor as wrong" in ignored.sentence
    assert "flatter the detectors" in accepted.sentence


def test_where_no_suspicion_counts_there_are_no_rows():
    shown = effect_shown(METRICS, msgspec.structs.replace(EFFECT, suspicions=0))
    assert shown.rows == []
    assert shown.sentence.startswith("Nothing is more likely wrong than not in the 72 test images")


def test_figures_that_do_not_exist_are_dashes():
    gone = FigureEffect(nan, (nan, nan), nan, (nan, nan), NONE)
    effect = msgspec.structs.replace(
        EFFECT, figures={name: {"map_50": gone} for name in ("yolo", "classical")}
    )
    row = effect_shown(METRICS, effect).rows[0]
    assert (row.today.text, row.then.text, row.more) == ("–", "–", "–")


def printed(effect):
    console = Console(width=120, record=True, file=io.StringIO())
    for part in effect_text(METRICS, effect):
        console.print(part, soft_wrap=isinstance(part, str))
    return console.export_text()


def test_the_terminal_prints_figures_intervals_and_both_verdicts():
    text = printed(EFFECT)
    for words in ("0.923 [0.903 0.943]", "0.951 [0.931 0.971]", "12 places ignored", "+0.028"):
        assert words in text
    assert "today: " in text
    assert "then: " in text
    assert printed(msgspec.structs.replace(EFFECT, suspicions=0)).count("\n") == 1


def test_of_many_changes_the_first_are_printed_and_how_many_more_there_are():
    changes = tuple(f"{number}.jpg: cat added" for number in range(MOST_LISTED + 2))
    lines = list(applied_lines(Applied(changes, ("lost",), 9, 40, EFFECT), "voc", Path("new")))
    assert lines[:MOST_LISTED] == list(changes[:MOST_LISTED])
    assert lines[MOST_LISTED:] == [
        "and 2 more, in changes.csv",
        "lost",
        "new: 9 images and 40 boxes as voc, 22 corrections, in changes.csv",
    ]
