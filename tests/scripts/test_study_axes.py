import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.runs.folder import AXES, CELLS
from pipelines.runs.metrics import (
    AxisResult,
    DatasetSummary,
    DetectorMetrics,
    Metrics,
    write_metrics,
)
from pipelines.settings import RunSettings
from pipelines.system.runtime import environment
from scripts import study_axes

ROW = AxisResult(
    question="How long?",
    answers={"classical": "1 h"},
    verdict="",
    favours="neither",
    sureness="",
    cells=(),
    budget_minutes=30,
)


@pytest.fixture
def run(tmp_path):
    """Write a run's figures; of the run itself nothing is there."""
    truth = EvaluationImages([Annotations([[0, 0, 9, 9]], [0])], ("cat",))
    quality = judge(truth, [Detections()]).quality

    def write(name, settings=None, **axes):
        summary = DatasetSummary(name="gone", format="voc", classes=("cat",), splits={})
        settings = settings or RunSettings(dataset="gone")
        metrics = Metrics(
            dataset=summary,
            environment=environment(),
            settings=settings,
            pipelines=dict.fromkeys(settings.pipelines, DetectorMetrics(quality=quality)),
            comparison={},
            axes=axes,
        )
        (tmp_path / name).mkdir()
        write_metrics(tmp_path / name / "metrics.json", metrics)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--axes", "speed"], "speed"),
        (["--budget-minutes", "0"], "--budget-minutes"),
        (["--axes", "time"], "models/classical"),
        (["--axes", "all"], "--resume"),
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(tmp_path, capsys, run, options, word):
    folder = run("run")
    if "all" in options:
        (folder / AXES / CELLS / "time").mkdir(parents=True)
    assert study_axes.main([str(folder), *options]) == 2
    assert word in capsys.readouterr().err


def test_a_folder_without_a_run_is_exit_2(tmp_path, capsys):
    assert study_axes.main([str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_run_of_one_contender_is_not_refused(capsys, run):
    folder = run("one", RunSettings(dataset="gone", pipelines=("classical",)))
    assert study_axes.main([str(folder), "--axes", "time"]) == 2
    assert "models/classical" in capsys.readouterr().err  # which is all that it lacks


def test_what_was_studied_within_as_many_minutes_is_printed_as_it_is(capsys, run):
    folder = run("done", time=ROW, data=ROW)
    before = (folder / "metrics.json").read_bytes()
    assert study_axes.main([str(folder), "--axes", "time"]) == 0
    printed = capsys.readouterr().out
    assert "kept as studied before: time" in printed
    assert printed.count("How long") == 1
    assert (folder / "metrics.json").read_bytes() == before
