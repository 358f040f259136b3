from importlib.util import find_spec

import pytest

from datasets.errors import UserError
from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.axes import DEFAULT, NAMES
from pipelines.studies.study import begun, chosen_axes, study


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", NAMES),
        ("none", ()),
        ("time,data", ("data", "time")),
        ("time, time", ("time",)),
    ],
)
def test_axes_are_chosen_by_name(text, names):
    assert chosen_axes(text) == names


def test_an_unknown_axis_is_refused_with_those_there_are():
    with pytest.raises(UserError, match=r"speed.*data, hardware"):
        chosen_axes("time,speed")


@pytest.mark.parametrize("name", NAMES)
def test_every_axis_has_a_folder_with_a_study(name):
    assert find_spec(f"pipelines.studies.{name}.study") is not None


def test_some_axes_are_part_of_every_run():
    assert DEFAULT == ("approach", "time")


def test_axes_that_take_all_they_may_leave_time_for_the_report(monkeypatch):
    taken = []

    def takes_all(function, name, subject, minutes, seconds):
        taken.append((name, seconds))
        return AxisResult(
            question="",
            answers={},
            verdict="",
            favours="neither",
            sureness="",
            cells=(),
            seconds=seconds,
        )

    monkeypatch.setattr("pipelines.studies.study.in_own_process", takes_all)
    assert tuple(study(None, NAMES, 30.0)) == NAMES
    assert sum(seconds for _, seconds in taken) == pytest.approx(30 * 60 * 0.97)
    assert taken[0][0] == "time"
    assert taken[-1][0] == "data"


def test_an_axis_that_goes_on_has_the_seconds_it_began_with(tmp_path):
    first = begun(tmp_path, 30.0, 900.0)
    later = begun(tmp_path, 30.0, 650.0)  # other axes took longer this time
    assert first.seconds == later.seconds == 900.0
    assert begun(tmp_path, 60.0, 1800.0).seconds == 1800.0
    assert begun(tmp_path, 30.0, 1.0).seconds == 900.0
    none = begun(tmp_path / "none", 30.0, 0.0)
    none.get("a", str, str, expected=1.0)
    assert none.left_out == ["a"]
