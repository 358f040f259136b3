import json

import pytest
from voc_files import write_set

from datasets.errors import UserError
from pipelines.runs import finished as finished_run
from pipelines.runs.finished import add_axes, open_run, read_metrics

ROW = {"favours": "yolo", "sureness": "sure: 100.0 % of resamples", "budget_minutes": 5.0}


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    for name in ("classical", "yolo"):
        (folder / "models" / name).mkdir(parents=True)
    write_set(tmp_path / "set", 16, [("cat", (5, 5, 30, 30))])
    metrics = {
        "settings": {"dataset": str(tmp_path / "set")},
        "dataset": {"split_sha256": "another"},
        "pipelines": {},
        "axes": {"time": ROW},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


@pytest.fixture
def asked(monkeypatch):
    """The axes that a study was asked for, which itself does nothing."""
    seen = []

    def study(subject, axes, minutes):
        seen.append(tuple(axes))
        return {name: {**ROW, "budget_minutes": minutes} for name in axes}

    monkeypatch.setattr(finished_run, "open_run", lambda folder, metrics: None)
    monkeypatch.setattr(finished_run, "study", study)
    monkeypatch.setattr(finished_run, "report_again", lambda subject: seen.append("report"))
    return seen


def test_axes_are_added_with_the_choice_that_follows(run, asked):
    told = add_axes(run, ["approach"], 5.0, overwrite=False, resume=False)
    assert asked == [("approach",), "report"]
    assert set(told["axes"]) == {"time", "approach"}
    assert "choose YOLO: it finds more (approach" in told["choice"]
    assert read_metrics(run) == told
    assert not list(run.glob("*.writing"))


@pytest.mark.parametrize("resume", [False, True])
def test_what_is_missing_is_studied_only(run, asked, resume):
    add_axes(run, ["time", "data"], 5.0, overwrite=False, resume=resume)
    assert asked == [("data",), "report"]
    before = (run / "metrics.json").stat().st_mtime_ns
    add_axes(run, ["time", "data"], 5.0, overwrite=False, resume=resume)
    assert asked == [("data",), "report"]
    assert (run / "metrics.json").stat().st_mtime_ns == before


def test_overwriting_forgets_the_cells_of_those_axes(run, asked):
    for name in ("time", "data"):
        (run / "axes" / "cells" / name).mkdir(parents=True)
        (run / "axes" / "cells" / name / "a.json").write_text("{}")
    add_axes(run, ["time"], 5.0, overwrite=True, resume=False)
    assert asked == [("time",), "report"]
    assert not (run / "axes" / "cells" / "time").exists()
    assert (run / "axes" / "cells" / "data" / "a.json").exists()


def test_what_was_studied_within_fewer_minutes_is_gone_on_with(run, asked):
    add_axes(run, ["time"], 4.0, overwrite=False, resume=False)
    assert asked == []
    add_axes(run, ["time"], 6.0, overwrite=False, resume=False)
    assert asked == [("time",), "report"]
    assert read_metrics(run)["axes"]["time"]["budget_minutes"] == 6.0


def test_a_study_that_knows_no_budget_is_gone_on_with(run, asked):
    metrics = read_metrics(run)
    del metrics["axes"]["time"]["budget_minutes"]
    (run / "metrics.json").write_text(json.dumps(metrics))
    add_axes(run, ["time"], 5.0, overwrite=False, resume=False)
    assert asked == [("time",), "report"]


def test_a_study_that_was_cut_off_goes_on_when_asked_only(run, asked):
    (run / "axes" / "cells" / "data").mkdir(parents=True)
    with pytest.raises(UserError, match="study of data was cut off"):
        add_axes(run, ["data", "time"], 5.0, overwrite=False, resume=False)
    assert asked == []
    add_axes(run, ["data", "time"], 5.0, overwrite=False, resume=True)
    assert asked == [("data",), "report"]


def test_data_that_changed_since_is_refused(run):
    with pytest.raises(UserError, match="is not as it was when"):
        open_run(run, read_metrics(run))
