import pytest

from pipelines.studies.study import ORDER, PARTS, AxesError, chosen_axes, pipelines_missing
from pipelines.studies.verdict import AXES


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
    with pytest.raises(AxesError, match="no 'speed'; choose of data, hardware"):
        chosen_axes("time,speed")


def test_every_axis_has_its_turn_and_its_part_of_the_budget():
    assert set(ORDER) == set(PARTS) == set(AXES)


def test_a_run_of_one_pipeline_can_not_be_compared():
    assert "no yolo" in pipelines_missing(("classical",))
    assert pipelines_missing(("classical", "yolo")) == ""
