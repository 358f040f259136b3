import msgspec
import pytest
from run_files import AXIS, metrics_of

from datasets.errors import UserError
from pipelines.benchmark import add_axes as adding
from pipelines.benchmark.add_axes import add_axes
from pipelines.runs.metrics import METRICS, read_metrics, write_metrics
from pipelines.system.output_lock import sole_writer


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    write_metrics(folder / METRICS, metrics_of({}, [], axes={"time": AXIS}))
    return folder


@pytest.fixture
def asked(monkeypatch):
    """The axes that a study was asked for, which itself does nothing."""
    seen = []

    def study(subject, axes, minutes):
        seen.append(tuple(axes))
        return {name: msgspec.structs.replace(AXIS, budget_minutes=minutes) for name in axes}

    monkeypatch.setattr(adding, "with_data", lambda run, cluster: None)
    monkeypatch.setattr(adding, "study", study)
    monkeypatch.setattr(
        adding, "choice", lambda metrics: f"chosen from {' and '.join(metrics.axes)}"
    )
    monkeypatch.setattr(adding, "report", lambda subject: seen.append("report"))
    return seen


def test_axes_are_added_with_the_choice_that_follows(run, asked):
    metrics, kept = add_axes(run, ["approach"], 5.0, overwrite=False, resume=False)
    assert asked == [("approach",), "report"]
    assert set(metrics.axes) == {"time", "approach"}
    assert metrics.choice == "chosen from time and approach"
    assert read_metrics(run / METRICS) == metrics
    assert kept == ()


@pytest.mark.parametrize("resume", [False, True])
def test_what_is_missing_is_studied_only(run, asked, resume):
    add_axes(run, ["time", "data"], 5.0, overwrite=False, resume=resume)
    assert asked == [("data",), "report"]
    before = (run / METRICS).stat().st_mtime_ns
    again = add_axes(run, ["time", "data"], 5.0, overwrite=False, resume=resume)
    assert again.kept == ("time", "data")
    assert asked == [("data",), "report"]
    assert (run / METRICS).stat().st_mtime_ns == before


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
    assert read_metrics(run / METRICS).axes["time"].budget_minutes == 6.0


def test_a_study_that_was_cut_off_goes_on_when_asked_only(run, asked):
    (run / "axes" / "cells" / "data").mkdir(parents=True)
    with pytest.raises(UserError, match="cut off"):
        add_axes(run, ["data", "time"], 5.0, overwrite=False, resume=False)
    assert asked == []
    add_axes(run, ["data", "time"], 5.0, overwrite=False, resume=True)
    assert asked == [("data",), "report"]


def test_another_setting_of_an_axis_has_that_one_studied_again(run, asked):
    write_metrics(run / METRICS, metrics_of({}, [], axes={"conditions": AXIS, "time": AXIS}))
    changes = {"overwrite": False, "resume": False, "changes": ["conditions.slice=(cam)"]}
    metrics, kept = add_axes(run, ["conditions", "time"], 5.0, **changes)
    assert asked == [("conditions",), "report"]
    assert kept == ("time",)
    assert metrics.settings.conditions.slice == "(cam)"
    assert read_metrics(run / METRICS).settings.conditions.slice == "(cam)"


@pytest.mark.parametrize("change", ["yolo.width=8", "data.group=x", "conditions.slice=x", "seed=1"])
def test_no_setting_that_was_measured_by_can_be_changed_afterwards(run, asked, change):
    with pytest.raises(UserError, match="finished run"):
        add_axes(run, ["data"], 5.0, overwrite=False, resume=False, changes=[change])
    assert asked == []


def test_a_run_that_is_written_to_is_not_even_opened(run, asked):
    """What another process is writing may be of a run that is being replaced."""
    (run / METRICS).write_text("{")
    with sole_writer(run), pytest.raises(UserError, match="another process"):
        add_axes(run, ["data"], 5.0, overwrite=False, resume=False)
