import contextlib
import pathlib
from math import nan
from pathlib import Path

import pytest

from datasets.errors import UserError
from datasets.path_names import leads_out, overlap
from pipelines.system import files
from pipelines.system.files import (
    check_output,
    followed,
    replacing,
    replacing_file,
    settle,
    write_json,
    write_json_rows,
)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_figures_that_are_not_numbers_never_reach_a_file(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "metrics.json", {"figure": float("nan")})
    assert listed(tmp_path) == []


def test_rows_given_in_parts_make_the_same_file_whole_or_not_there(tmp_path):
    parts = [[{"a": 1.5}, [2]], [], [{"b": {"c": []}}]]
    for some in ([], [[]], parts[:1], parts):
        write_json(tmp_path / "a.json", [row for part in some for row in part])
        write_json_rows(tmp_path / "b.json", some)
        text = (tmp_path / "b.json").read_text()
        assert text == (tmp_path / "a.json").read_text()

    def failing():
        yield [3]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_json_rows(tmp_path / "b.json", failing())
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json_rows(tmp_path / "b.json", [[nan]])
    assert (tmp_path / "b.json").read_text() == text
    assert listed(tmp_path) == ["a.json", "b.json"]


def test_a_file_that_fails_leaves_the_one_before(tmp_path):
    write_json(tmp_path / "a.json", 1)

    def fail():
        with replacing_file(tmp_path / "a.json") as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "a.json").read_text() == "1\n"
    assert listed(tmp_path) == ["a.json"]


def test_a_folder_is_replaced_whole_and_nothing_beside_it_is_touched(tmp_path):
    for name in ("out", "out.old", "out.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text(name)
    with replacing(tmp_path / "out") as work:
        (work / "new").write_text("new")
        assert listed(tmp_path / "out") == ["mine"]
    assert listed(tmp_path / "out") == ["new"]
    assert listed(tmp_path) == ["out", "out.old", "out.partial"]
    assert (tmp_path / "out.old" / "mine").read_text() == "out.old"


def test_a_folder_that_comes_to_be_there_meanwhile_is_left_alone(tmp_path):
    def write():
        with replacing(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "mine").touch()

    with pytest.raises(UserError, match="meanwhile"):
        write()
    assert listed(tmp_path) == ["out"]
    assert listed(tmp_path / "out") == ["mine"]


class Killed(BaseException):
    pass


def killed_while_replacing(output, monkeypatch, at):
    """Leave what a process leaves that is killed as it renames for the time of that number."""
    real, count = pathlib.Path.rename, iter(range(9))

    def rename(self, target):
        if next(count) == at:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        patch.setattr(pathlib.Path, "rename", rename)
        patch.setattr(files, "settle", lambda output: None)
        with replacing(output) as work:
            (work / "new").write_text("new")


@pytest.mark.parametrize("at", [0, 1])
def test_a_writer_that_was_killed_takes_nothing_with_it_and_leaves_nothing(
    tmp_path, monkeypatch, at
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    killed_while_replacing(tmp_path / "out", monkeypatch, at)
    assert len(listed(tmp_path)) == 2 - at
    settle(tmp_path / "out")
    assert listed(tmp_path) == ["out"]
    assert listed(tmp_path / "out") == ["mine"]


def test_only_folders_that_the_project_made_are_cleared(tmp_path):
    theirs = tmp_path / ".out.abcdefgh.partial"
    theirs.mkdir()
    (theirs / "mine").touch()
    (tmp_path / ".out.ijklmnop.partial").touch()
    (tmp_path / ".out.qrstuvwx.partial").symlink_to(theirs)
    before = listed(tmp_path)
    with replacing(tmp_path / "out"):
        pass
    assert listed(tmp_path) == [*before, "out"]
    assert listed(theirs) == ["mine"]


def test_what_cannot_be_written_is_an_error_of_the_user(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="written"):
        write_json(tmp_path / "file" / "a.json", 1)


def test_only_an_earlier_output_is_replaced_and_only_if_it_may_be(tmp_path):
    place = tmp_path / "out"
    check_output(place, "run", lambda path: False, overwrite=False)
    place.mkdir()
    check_output(place, "run", lambda path: False, overwrite=False)
    (place / "mine").write_text("precious")
    with pytest.raises(UserError, match="no run"):
        check_output(place, "run", lambda path: False)
    with pytest.raises(UserError, match="--overwrite"):
        check_output(place, "run", lambda path: True, overwrite=False)
    check_output(place, "run", lambda path: True)


def test_an_output_that_is_a_link_is_written_where_it_leads(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "out")
    for _ in range(2):
        with replacing(followed(tmp_path / "link")) as work:
            (work / "new").touch()
        assert (tmp_path / "link").is_symlink()
        assert listed(tmp_path / "disk") == ["out"]
        assert listed(tmp_path / "link") == ["new"]


def test_links_that_lead_in_a_circle_are_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "link")
    with (
        pytest.raises(UserError, match="can't be written"),
        replacing(followed(tmp_path / "link")) as work,
    ):
        (work / "new").touch()


@pytest.mark.parametrize("place", [".", "..", "../..", "/"])
def test_a_folder_that_can_not_be_renamed_is_no_output(tmp_path, monkeypatch, place):
    """As where a disk is mounted, to be known before hours of work."""
    (tmp_path / "run" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "run" / "here")
    with pytest.raises(UserError, match="new folder in it"):
        check_output(Path(place), "run", lambda path: True)


@pytest.mark.parametrize("place", ["set", "set/run", "."])
def test_an_output_in_or_around_the_images_is_refused(tmp_path, place):
    (tmp_path / "set").mkdir()
    with pytest.raises(UserError, match="images"):
        check_output(tmp_path / place, "run", lambda path: True, apart_from=[tmp_path / "set"])
    assert not overlap(tmp_path / "settled", tmp_path / "set")


@pytest.mark.parametrize(
    ("name", "leads"),
    [
        ("a/b.jpg", False),
        ("a/../b.jpg", False),
        ("..jpg", False),
        ("../b.jpg", True),
        ("a/../../b.jpg", True),
        ("..\\b.jpg", True),
        ("/b.jpg", True),
        ("C:\\b.jpg", True),
    ],
)
def test_a_name_that_leads_out_of_its_folder_is_seen(name, leads):
    assert leads_out(name) is leads
