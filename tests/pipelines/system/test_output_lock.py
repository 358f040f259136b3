import multiprocessing

import pytest

from datasets.errors import UserError
from pipelines.system.output_lock import claimed, sole_writer


def hold(output, said):
    with sole_writer(output):
        said.send("held")
        said.recv()  # nothing comes: this process is killed


def test_a_second_writer_is_refused_until_the_first_has_ended_however(tmp_path):
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    other = spawn.Process(target=hold, args=(tmp_path / "out", theirs))
    other.start()
    assert ours.recv() == "held"
    with pytest.raises(UserError, match="another process"), sole_writer(tmp_path / "out"):
        pass
    with sole_writer(tmp_path / "elsewhere"):
        pass
    other.kill()
    other.join()
    with sole_writer(tmp_path / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_one_place_has_one_lock_by_whatever_name(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with (
        sole_writer(tmp_path / "real" / "out"),
        pytest.raises(UserError, match="another process"),
        sole_writer(tmp_path / "link" / "out"),
    ):
        pass


def test_what_another_writer_left_meanwhile_is_seen(tmp_path):
    """The first look is before the lock is had; only the second can count."""
    looks = []

    def is_earlier(path):
        looks.append(path)
        return True

    output = tmp_path / "out"
    output.mkdir()
    (output / "file").touch()
    with claimed(output, "result", is_earlier):
        assert len(looks) == 2
    refused = claimed(output, "result", is_earlier, overwrite=False)
    with pytest.raises(UserError, match="--overwrite"), refused:
        pass


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="written"), sole_writer(tmp_path / "file" / "out"):
        pass
    with pytest.raises(UserError, match="name too long"), sole_writer(tmp_path / ("x" * 252)):
        pass


def test_nothing_is_left_where_nothing_was_written(tmp_path):
    with sole_writer(tmp_path / "a" / "b" / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_file_of_the_users_is_no_lock(tmp_path):
    (tmp_path / ".out.lock").write_text("precious")
    with pytest.raises(UserError, match="no lock"), sole_writer(tmp_path / "out"):
        pass
    assert (tmp_path / ".out.lock").read_text() == "precious"
