from pipelines.report.terminal.axes import MOST_LISTED, listed, print_axes
from pipelines.runs.metrics import AxisResult


def axis(**given):
    answers = {"classical": "0.5 [0.4 0.6]", "yolo": "0.6", "toy": "0.7"}
    row = {"question": "which?", "answers": answers, "verdict": "toy is [surely] first"}
    return AxisResult(**{**row, "favours": "toy", "sureness": "sure: 99.0 %", "cells": (), **given})


def test_on_80_characters_nothing_of_three_answers_is_cut(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = ("classical", "yolo", "transfer")
    answers = dict.fromkeys(names, "mAP@[.50:.95] 0.618 [0.597 0.637]")
    question = "Solved in parts or end to end: which finds more, and where is it lost?"
    sureness = "likely: 88.2 % of resamples of the calls, a training 10 % either way"
    axes = {"interpretability": axis(question=question, answers=answers, sureness=sureness)}
    print_axes(axes, "choose")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    for name, answer in answers.items():
        assert any(f"{name}: {answer}" in line for line in lines)
    said = " ".join(line.split("│")[2].strip() for line in lines if "│" in line)
    assert said.startswith(question)
    assert said.endswith(f"favours toy ({sureness})")


def test_every_contender_has_a_line_and_every_axis_its_sentence(capsys):
    axes = {"data": axis(), "time": axis(answers={"toy": "1 s"}, left_out=("a", "b"))}
    print_axes(axes, "choose toy")
    text = " ".join(capsys.readouterr().out.split())
    for word in ("classical", "yolo", "toy", "[0.4", "–", "toy is [surely] first", "a, b"):
        assert word in text
    assert text.endswith("choose toy")


def test_further_tables_of_an_axis_are_printed_as_they_are(capsys):
    rows = ({"slice": "name: [dark]", "yolo": "0.5"}, {"slice": "name: light", "toy": "0.6"})
    print_axes({"conditions": axis(tables={"on [parts]": rows})}, "choose toy")
    text = capsys.readouterr().out
    for word in ("on [parts]", "name: [dark]", "0.5", "0.6", "–"):
        assert word in text


def test_of_many_names_the_first_are_listed():
    names = [str(number) for number in range(MOST_LISTED + 2)]
    assert listed(names[:2]) == "0, 1"
    assert "and 2 more" in listed(names)
