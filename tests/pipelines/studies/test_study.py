import pytest

from datasets.errors import UserError
from pipelines.studies.common.verdict import AXES
from pipelines.studies.study import ORDER, PARTS, begun, chosen_axes, pipelines_missing, study


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", AXES),
        ("none", ()),
        ("time,data", ("data", "time")),
        ("time, time", ("time",)),
    ],
)
def test_axes_are_chosen_by_name(text, names):
    assert chosen_axes(text) == names


def test_an_unknown_axis_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="no 'speed'; choose of data, hardware"):
        chosen_axes("time,speed")


def test_every_axis_has_its_turn_and_its_part_of_the_budget():
    assert set(ORDER) == set(PARTS) == set(AXES)


def test_axes_that_take_all_they_may_leave_time_for_the_report(monkeypatch):
    taken = []

    def takes_all(function, name, subject, minutes, seconds):
        taken.append(seconds)
        return {"seconds": seconds}

    monkeypatch.setattr("pipelines.studies.study.in_own_process", takes_all)
    assert tuple(study(None, AXES, 30.0)) == AXES
    assert sum(taken) == pytest.approx(30 * 60 * 0.97)


def test_an_axis_that_goes_on_has_the_seconds_it_began_with(tmp_path):
    first = begun(tmp_path, 30.0, 900.0)
    later = begun(tmp_path, 30.0, 650.0)  # other axes took longer this time
    assert first.seconds == later.seconds == 900.0
    assert begun(tmp_path, 60.0, 1800.0).seconds == 1800.0
    assert begun(tmp_path, 30.0, 1.0).seconds == 900.0
    none = begun(tmp_path / "none", 30.0, 0.0)
    none.get("a", dict, expected=1.0)
    assert none.left_out == ["a"]


def test_a_run_of_one_pipeline_can_not_be_compared():
    assert "no yolo" in pipelines_missing(("classical",))
    assert pipelines_missing(("classical", "yolo")) == ""
