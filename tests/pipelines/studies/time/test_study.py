import math
from types import SimpleNamespace

import pytest

from pipelines.studies.common.cells import Cells
from pipelines.studies.time import pipeline_time
from pipelines.studies.time import study as time
from pipelines.studies.time.pipeline_time import PipelineTime, seconds_to
from pipelines.studies.time.study import concluded

HISTORY = [
    {"seconds": 10.0, "validation": 0.2},
    {"seconds": 20.0, "validation": 0.5},
    {"seconds": 30.0, "validation": 0.45},
    {"seconds": 40.0, "validation": 0.795},
    {"seconds": 50.0, "validation": 0.8},
]


def test_shares_of_the_best_figure_are_reached_when_validation_first_saw_them():
    assert seconds_to(HISTORY) == {"50": 20.0, "90": 40.0, "99": 40.0}


def test_no_history_leaves_them_unknown():
    assert all(math.isnan(value) for value in seconds_to([]).values())
    unknown = seconds_to([{"seconds": 1.0, "validation": None}])
    assert all(math.isnan(value) for value in unknown.values())


def row(name, training, per_image):
    return PipelineTime(
        pipeline=name,
        device="CPU",
        threads=2,
        preparing_seconds=5.0,
        preparing_in_training=name == "classical",
        training_seconds=training,
        seconds_to={},
        loading_seconds=1.0,
        first_call_ms=1.0,
        steady_call_ms=1000 * per_image,
        steady_interval_95=(math.nan, math.nan),
        images_per_second_core=1 / per_image,
        hours_for_10000=(1.0 + 10_000 * per_image) / 3600,
        hours_interval_95=(math.nan, math.nan),
    )


def told(classical, yolo):
    rows = [row("classical", *classical), row("yolo", *yolo)]
    calls = {"classical": [90.0, 100.0, 110.0] * 20, "yolo": [9.0, 10.0, 11.0] * 20}
    return concluded(rows, calls, seed=0)


def test_the_number_of_images_at_which_both_are_done_is_found():
    # 60 s and 0.1 s an image against 955 + 5 s and 0.01 s an image: at 900 / 0.09 = 10,000 images.
    found = told((60.0, 0.1), (955.0, 0.01))
    assert found.done_together_at == pytest.approx(10_000, rel=0.03)
    low, high = found.done_together_interval_95
    assert low < 10_000 < high
    assert "classical pipeline is done sooner up to about" in found.verdict.sentence
    assert found.verdict.favours == "neither"


def test_the_one_that_is_sooner_in_both_is_favoured():
    found = told((60.0, 0.01), (900.0, 0.1))
    assert math.isnan(found.done_together_at)
    assert found.verdict.favours == "classical"
    assert "whatever the number of images" in found.verdict.sentence


def test_a_median_lies_in_its_interval():
    for cell in told((60.0, 0.1), (955.0, 0.01)).cells:
        low, high = cell.steady_interval_95
        assert low <= cell.steady_call_ms <= high


def test_without_a_training_nothing_is_favoured():
    found = told((math.nan, 0.1), (955.0, 0.01))
    assert found.verdict.favours == "neither"
    assert "not measured" in found.verdict.sureness


def test_what_was_timed_is_not_timed_again(tmp_path, monkeypatch):
    figures = {
        "latency_ms": {"device": "CPU", "first_call": 5.0, "p50": 2.0, "calls": [1.0, 2.0, 3.0]},
        "throughput": {"best": 100.0},
        "training": {"seconds": 10.0, "history": HISTORY},
    }
    subject = SimpleNamespace(
        dataset=SimpleNamespace(splits={"train": ()}),
        pipelines={"classical": figures, "yolo": figures},
        settings=SimpleNamespace(seed=0),
    )
    timed = []

    def in_own_process(function, *_):
        timed.append(function.__name__)
        return math.nan if function.__name__ == "one_core_rate" else float(len(timed))

    monkeypatch.setattr(pipeline_time, "in_own_process", in_own_process)
    monkeypatch.setattr(time, "decoding_seconds", lambda images, threads: float(len(timed)))
    first = time.study(subject, Cells(tmp_path))
    assert timed == ["loading_seconds", "one_core_rate"] * 2
    assert [row.loading_seconds for row in first.cells] == [1.0, 3.0]
    assert repr(time.study(subject, Cells(tmp_path))) == repr(first)
    assert len(timed) == 4
