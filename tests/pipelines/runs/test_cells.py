import math

import msgspec
import pytest

from datasets.errors import UserError
from pipelines.evaluation.undefined import Number
from pipelines.runs.cells import Cells


class Result(msgspec.Struct, frozen=True):
    value: int
    figure: Number = math.nan


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def work(clock, seconds, value, done):
    def measure():
        clock.now += seconds
        done.append(value)
        return Result(value)

    return measure


def test_a_kept_cell_is_never_measured_again_and_still_counts_as_spent(tmp_path, clock):
    done = []
    first = Cells(tmp_path, 100, clock)
    assert first.get("a", Result, work(clock, 7, 1, done)).value == 1
    again = Cells(tmp_path, 100, clock)
    assert again.get("a", Result, work(clock, 7, 2, done)).value == 1
    assert done == [1]
    assert again.spent == first.spent == 7


def test_an_undefined_number_is_null_in_the_file_and_nan_when_it_is_read(tmp_path, clock):
    Cells(tmp_path, 100, clock).get("a", Result, work(clock, 1, 1, []))
    assert '"figure":null' in (tmp_path / "a.json").read_text()
    assert math.isnan(Cells(tmp_path).kept("a", Result).figure)


def test_a_cell_there_is_no_time_for_is_left_out_and_named(tmp_path, clock):
    done = []
    cells = Cells(tmp_path, 10, clock)
    cells.get("a", Result, work(clock, 8, 1, done), expected=8)
    assert cells.get("b", Result, work(clock, 8, 2, done), expected=8) is None
    assert cells.get("c", Result, work(clock, 2, 3, done), expected=2).value == 3
    assert cells.left_out == ["b"]
    assert done == [1, 3]


def test_a_cell_that_was_cut_off_leaves_nothing(tmp_path, clock):
    def dies():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cells(tmp_path, 10, clock).get("a", Result, dies)
    assert not list(tmp_path.iterdir())


def test_a_kept_cell_of_another_shape_is_named_with_the_way_out(tmp_path):
    Cells(tmp_path).keep("a", 7.0, {"value": "x"})
    with pytest.raises(UserError, match=r"a\.json: can't be read .*--overwrite"):
        Cells(tmp_path).get("a", dict[str, float], lambda: {"value": 1.0})


def test_a_cell_whose_file_is_torn_is_measured_again(tmp_path):
    Cells(tmp_path).keep("a", 7.0, {"value": 1.0})
    file = tmp_path / "a.json"
    file.write_bytes(file.read_bytes()[:-1])
    cells = Cells(tmp_path)
    assert cells.get("a", dict[str, float], lambda: {"value": 2.0}) == {"value": 2.0}
    assert cells.spent < 7.0
