import math

import pytest

from pipelines.studies.hardware.device_timing import NO_FORM
from pipelines.studies.hardware.study import Timed, best_form, concluded, draw
from pipelines.studies.hardware.yolo_forms import FLOAT, GRAPH, INT8


def row(form, p50, threads=1, map_50=0.9, note=""):
    return {
        "pipeline": "classical" if form == NO_FORM else "yolo",
        "form": form,
        "device": "CPU" if threads else "GPU",
        "threads": threads,
        "calls": [] if p50 is None else [0.9 * p50, p50, 1.1 * p50] * 8,
        "images_per_second": None if p50 is None else 1000 / p50,
        "map_50": map_50,
        "products_share": 0.5 if form == GRAPH else None,
        "note": note,
    }


def studied(*rows):
    return concluded(rows, {"classical": {"CPU": 30.0}}, 40, seed=0)


def test_one_thread_decides_and_a_missing_gpu_is_a_row_that_says_so():
    missing = row(GRAPH, None, threads=0, map_50=None, note="no GPU was found")
    told = studied(row(NO_FORM, 100.0), row(FLOAT, 10.0), row(NO_FORM, 5.0, threads=2), missing)
    assert told.verdict.favours == "yolo"
    assert "takes 10.0 times as long an image as YOLO (LiteRT float)" in told.verdict.sentence
    assert "no GPU was measured (no GPU was found)" in told.verdict.sentence
    empty = told.cells[-1]
    assert math.isnan(empty.p50_ms)
    assert math.isnan(empty.map_50)
    assert empty.note == "no GPU was found"
    draw(told).canvas.draw()


def test_a_faster_form_that_finds_less_is_another_detector():
    told = studied(row(NO_FORM, 50.0), row(FLOAT, 60.0), row(INT8, 10.0, map_50=0.7))
    assert told.verdict.favours == "classical"
    assert told.verdict.yolo.startswith("LiteRT float: 60.0 ms")
    told = studied(row(NO_FORM, 50.0), row(FLOAT, 60.0), row(INT8, 10.0, map_50=0.895))
    assert told.verdict.favours == "yolo"


def test_map_told_once_a_form_is_in_all_its_rows():
    told = studied(row(NO_FORM, 50.0), row(FLOAT, 9.0, map_50=None), row(FLOAT, 5.0, 2, 0.8))
    assert [cell.map_50 for cell in told.cells] == pytest.approx([0.9, 0.8, 0.8])


def test_without_one_thread_nothing_is_told():
    told = studied(row(NO_FORM, 50.0, threads=2), row(FLOAT, 5.0, threads=2))
    assert told.verdict.favours == "neither"
    assert best_form([]) is None


def test_a_row_holds_its_median_in_its_interval():
    (cell,) = studied(row(NO_FORM, 50.0)).cells
    assert isinstance(cell, Timed)
    low, high = cell.interval_95
    assert low <= cell.p50_ms <= high
