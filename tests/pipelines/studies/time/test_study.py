import math
from types import SimpleNamespace

import pytest

from pipelines.evaluation.timing import Latency, Throughput
from pipelines.runs.cells import Cells
from pipelines.studies.time import contender_time
from pipelines.studies.time import study as time
from pipelines.studies.time.contender_time import ContenderTime, TimedAlone, seconds_to
from pipelines.studies.time.study import concluded, draw
from pipelines.training import Training, Validation

HISTORY = tuple(
    Validation(seconds, figure)
    for seconds, figure in [(10.0, 0.2), (20.0, 0.5), (30.0, 0.45), (40.0, 0.795), (50.0, 0.8)]
)


def test_shares_of_the_best_figure_are_reached_when_validation_first_saw_them():
    assert seconds_to(HISTORY) == {"50": 20.0, "90": 40.0, "99": 40.0}


@pytest.mark.parametrize("history", [(), (Validation(1.0, math.nan),)])
def test_no_history_leaves_them_unknown(history):
    assert all(math.isnan(value) for value in seconds_to(history).values())


def row(name, training, per_image):
    return ContenderTime(
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


def studied(**contenders):
    """The study of contenders, each given by its training's seconds and those of an image."""
    rows = [row(name, *times) for name, times in contenders.items()]
    calls = {
        name: [900 * each, 1000 * each, 1100 * each] * 20 for name, (_, each) in contenders.items()
    }
    return concluded(rows, calls, seed=0)


@pytest.mark.parametrize("names", [("classical", "yolo"), ("yolo", "classical")])
def test_the_number_of_images_at_which_both_are_done_is_found(names):
    # 60 s and 0.1 s an image against 955 + 5 s and 0.01 s an image: at 900 / 0.09 = 10,000 images.
    times = {"classical": (60.0, 0.1), "yolo": (955.0, 0.01)}
    result = studied(**{name: times[name] for name in names})
    (together,) = result.done_together.values()
    assert together.at == pytest.approx(10_000, rel=0.03)
    low, high = together.interval_95
    assert low < 10_000 < high
    assert "classical pipeline is done sooner up to about" in result.verdict.sentence
    assert "and YOLO beyond" in result.verdict.sentence
    assert result.verdict.favours == "neither"
    draw(result).canvas.draw()


def test_the_one_that_is_sooner_in_both_is_favoured():
    result = studied(classical=(60.0, 0.01), yolo=(900.0, 0.1))
    assert math.isnan(result.done_together["classical_against_yolo"].at)
    assert result.verdict.favours == "classical"
    assert "is done sooner whatever the number of images" in result.verdict.sentence


def test_of_three_every_two_are_compared_and_the_soonest_is_favoured():
    result = studied(classical=(60.0, 0.1), yolo=(955.0, 0.01), toy=(10.0, 0.001))
    assert list(result.done_together) == [
        "classical_against_yolo",
        "classical_against_toy",
        "yolo_against_toy",
    ]
    assert result.done_together["classical_against_yolo"].at == pytest.approx(10_000, rel=0.03)
    assert result.verdict.favours == "toy"
    assert set(result.verdict.answers) == {"classical", "yolo", "toy"}
    assert "toy is done sooner than YOLO whatever" in result.verdict.sentence
    draw(result).canvas.draw()


def test_one_alone_has_its_times_and_nothing_is_favoured():
    result = studied(toy=(60.0, 0.1))
    assert result.done_together == {}
    assert result.verdict.favours == "neither"
    assert "no other contender" in result.verdict.sentence
    assert result.verdict.answers["toy"].startswith("0.3")
    draw(result).canvas.draw()


def test_a_median_lies_in_its_interval():
    for cell in studied(classical=(60.0, 0.1), yolo=(955.0, 0.01)).cells:
        low, high = cell.steady_interval_95
        assert low <= cell.steady_call_ms <= high


def test_without_a_training_nothing_is_favoured():
    result = studied(classical=(math.nan, 0.1), yolo=(955.0, 0.01))
    assert result.verdict.favours == "neither"
    assert "not measured" in result.verdict.sureness
    assert result.verdict.answers["classical"].endswith("h of use")


FIGURES = SimpleNamespace(
    latency_ms=Latency(
        p50=2.0,
        p90=math.nan,
        p99=math.nan,
        mean=2.0,
        samples=3,
        warm_up=1,
        first_call=5.0,
        stages={},
        calls=(1.0, 2.0, 3.0),
        device="CPU",
    ),
    throughput=Throughput(50.0, 100.0, 4, math.nan),
    training=Training(seconds=10.0, history=HISTORY),
)


@pytest.fixture
def subject():
    return SimpleNamespace(
        dataset=SimpleNamespace(splits={"train": ()}),
        figures={"classical": FIGURES, "yolo": FIGURES},
        settings=SimpleNamespace(seed=0),
    )


@pytest.fixture
def timed(monkeypatch):
    """Names of what was timed, which takes no time here."""
    done = []

    def in_own_process(function, *_):
        done.append(function.__name__)
        return math.nan if function.__name__ == "one_core_rate" else float(len(done))

    monkeypatch.setattr(contender_time, "in_own_process", in_own_process)
    monkeypatch.setattr(time, "decoding_seconds", lambda images, threads: float(len(done)))
    return done


def test_what_was_timed_is_not_timed_again(tmp_path, subject, timed):
    first = time.study(subject, Cells(tmp_path))
    assert timed == ["loading_seconds", "one_core_rate"] * 2
    assert [row.loading_seconds for row in first.cells] == [1.0, 3.0]
    assert [row.preparing_in_training for row in first.cells] == [True, False]
    assert first.cells[0].hours_for_10000 == pytest.approx((1 + 100) / 3600)
    assert math.isnan(Cells(tmp_path).kept("yolo", TimedAlone).images_per_second_core)
    assert repr(time.study(subject, Cells(tmp_path))) == repr(first)
    assert len(timed) == 4


def test_without_time_the_main_job_s_figures_stay(tmp_path, subject, timed):
    result = time.study(subject, Cells(tmp_path, seconds=-1.0))
    assert timed == []
    for row in result.cells:
        assert math.isnan(row.loading_seconds)
        assert row.training_seconds == 10.0
        assert row.steady_call_ms == 2.0
