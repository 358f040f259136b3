import json

import pytest

from datasets.kept_files import flush_all, forget, keep, kept


def test_what_is_kept_comes_back_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "folder" / "state"
    assert kept(path) is None
    for data in (b"", b"one\ntwo", bytes(range(256))):
        keep(path, data)
        assert kept(path) == data
    assert [each.name for each in path.parent.iterdir()] == ["state"]
    forget(path)
    assert not list(path.parent.iterdir())


def test_what_is_json_stays_json(tmp_path):
    keep(tmp_path / "state.json", b'{"answer": 42}')
    assert json.loads((tmp_path / "state.json").read_bytes())["kept"] == {"answer": 42}


@pytest.mark.parametrize("place", [0, 12, 75, 80, 90, -3, -2, -1])
def test_a_file_with_another_byte_was_never_kept(tmp_path, place):
    path = tmp_path / "state"
    keep(path, b"what was done")
    torn = bytearray(path.read_bytes())
    torn[place] ^= 1
    path.write_bytes(torn)
    assert kept(path) is None


def test_a_writer_that_is_killed_leaves_what_was_kept_before(tmp_path):
    path = tmp_path / "state"
    keep(path, b"before")
    (tmp_path / "writing-state").write_bytes(b"half")
    assert kept(path) == b"before"
    forget(path)
    assert not list(tmp_path.iterdir())


def test_what_others_remove_meanwhile_stops_no_flushing(tmp_path, monkeypatch):
    gone = [(str(tmp_path / "gone"), [], ["file"]), (str(tmp_path), [], ["gone.partial"])]
    monkeypatch.setattr("datasets.kept_files.os.walk", lambda folder: iter(gone))
    flush_all(tmp_path)
