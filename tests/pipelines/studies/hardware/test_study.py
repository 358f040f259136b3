import math
from dataclasses import replace

import pytest

from pipelines.contenders import contender
from pipelines.studies.hardware.device_timing import FormLatency, forms_of
from pipelines.studies.hardware.study import best_form, concluded, draw

CLASSICAL, YOLO = contender("classical"), contender("yolo")
FLOAT, INT8, GRAPH, _ = (form.name for form in YOLO.forms)
(CUT,) = (form.name for form in CLASSICAL.forms)
TOY = replace(CLASSICAL, name="toy", label="the toy", forms=())


def timing(row, form, p50, threads=1, validation=0.9, map_50=0.9, note=""):
    device = "CPU" if threads else "GPU"
    calls = () if p50 is None else (0.9 * p50, p50, 1.1 * p50) * 8
    return FormLatency(row.name, form, device, threads, validation, map_50=map_50, note=note), calls


def classical(p50, **more):
    return timing(CLASSICAL, CUT, p50, **more)


def yolo(form, p50, **more):
    return timing(YOLO, form, p50, **more)


def studied(*rows, contenders=(CLASSICAL, YOLO)):
    return concluded(contenders, rows, {"classical": {"CPU": 30.0}}, 40, seed=0)


def test_one_thread_decides_and_a_missing_gpu_is_a_row_with_a_note():
    missing = yolo(GRAPH, None, threads=0, map_50=math.nan, note="no GPU was found")
    result = studied(classical(100.0), yolo(FLOAT, 10.0), classical(5.0, threads=2), missing)
    assert result.verdict.favours == "yolo"
    assert "takes 10.0 times as long an image as YOLO (LiteRT float)" in result.verdict.sentence
    assert "no GPU was measured (no GPU was found)" in result.verdict.sentence
    empty = result.cells[-1]
    assert math.isnan(empty.p50_ms)
    assert math.isnan(empty.map_50)
    assert empty.note == "no GPU was found"
    draw(result).canvas.draw()


def test_a_faster_form_that_finds_less_is_another_detector():
    result = studied(classical(50.0), yolo(FLOAT, 60.0), yolo(INT8, 10.0, validation=0.7))
    assert result.verdict.favours == "classical"
    assert result.verdict.answers["yolo"].startswith("LiteRT float: 60.0 ms")
    result = studied(classical(50.0), yolo(FLOAT, 60.0), yolo(INT8, 10.0, validation=0.895))
    assert result.verdict.favours == "yolo"


def test_the_validation_split_chooses_a_form_and_not_the_test_split():
    lucky = yolo(INT8, 10.0, validation=0.8, map_50=0.99)
    result = studied(classical(50.0), yolo(FLOAT, 60.0), lucky)
    assert result.verdict.answers["yolo"].startswith("LiteRT float: 60.0 ms")
    unlucky = yolo(INT8, 10.0, validation=0.9, map_50=0.8)
    result = studied(classical(50.0), yolo(FLOAT, 60.0), unlucky)
    assert result.verdict.answers["yolo"].startswith("LiteRT int8: 10.0 ms")
    assert "on the validation split" in result.verdict.sentence


def test_without_an_object_in_validation_a_made_form_is_not_taken():
    rows = [yolo(FLOAT, 60.0, validation=math.nan), yolo(INT8, 10.0, validation=math.nan)]
    assert studied(classical(50.0), *rows).verdict.answers["yolo"].startswith("LiteRT float")


def test_a_made_form_that_finds_more_leaves_its_model_the_same_detector():
    result = studied(classical(50.0), yolo(FLOAT, 10.0), yolo(INT8, 60.0, validation=0.95))
    assert result.verdict.answers["yolo"].startswith("LiteRT float: 10.0 ms")


def test_map_computed_once_a_form_is_in_all_its_rows():
    rows = (
        classical(50.0),
        yolo(FLOAT, 9.0, validation=math.nan, map_50=math.nan),
        yolo(FLOAT, 5.0, threads=2, validation=0.7, map_50=0.8),
    )
    result = studied(*rows)
    assert [cell.map_50 for cell in result.cells] == pytest.approx([0.9, 0.8, 0.8])
    assert [cell.validation_map_50 for cell in result.cells] == pytest.approx([0.9, 0.7, 0.7])


def test_without_one_thread_nobody_is_favoured():
    result = studied(classical(50.0, threads=2), yolo(FLOAT, 5.0, threads=2))
    assert result.verdict.favours == "neither"
    assert best_form([]) is None


def test_a_row_holds_its_median_in_its_interval():
    (cell,) = studied(classical(50.0)).cells
    low, high = cell.interval_95
    assert low <= cell.p50_ms <= high


def test_three_contenders_are_answered_for_and_the_fastest_meets_its_strongest_rival():
    (form,) = forms_of(TOY)
    rows = (classical(100.0), yolo(FLOAT, 10.0), timing(TOY, form.name, 2.0))
    result = studied(*rows, contenders=(CLASSICAL, YOLO, TOY))
    assert form.name == "the toy"
    assert result.verdict.favours == "toy"
    assert list(result.verdict.answers) == ["classical", "yolo", "toy"]
    sentence = result.verdict.sentence
    assert "YOLO (LiteRT float) takes 5.0 times as long an image as the toy" in sentence
    assert "and the classical pipeline takes 50.0 times as long" in sentence
    draw(result).canvas.draw()


def test_a_form_that_two_contenders_have_is_drawn_with_its_contender():
    other = replace(YOLO, name="other", label="other")
    rows = (classical(50.0), yolo(FLOAT, 5.0), timing(other, FLOAT, 9.0))
    figure = draw(studied(*rows, contenders=(CLASSICAL, YOLO, other)))
    labels = [each.get_text().split(",")[0] for each in figure.axes[0].get_yticklabels()]
    assert labels == [CUT.split(",")[0], "YOLO: LiteRT float", "other: LiteRT float"]


def test_one_contender_alone_has_its_latency_and_no_rival():
    result = studied(classical(50.0), contenders=(CLASSICAL,))
    assert result.verdict.favours == "neither"
    assert "the classical pipeline takes 50.0 ms" in result.verdict.sentence


def test_nothing_timed_is_drawn_as_notes():
    draw(studied(yolo(FLOAT, None, note="no time"))).canvas.draw()
