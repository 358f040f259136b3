import contextlib
import json
import os
import pathlib
import shutil

import pytest

from datasets.errors import UserError
from pipelines.runs.folder import RunFolder
from pipelines.system import files
from pipelines.system.files import settle, write_json


def opened(path, settings=None, *, overwrite=False, resume=False):
    folder = RunFolder(path)
    folder.open(settings or {"seed": 1}, overwrite=overwrite, resume=resume)
    return folder


def finished(path, content="first"):
    folder = opened(path, overwrite=True)
    write_json(folder.partial / "metrics.json", {"content": content})
    folder.finish()
    return folder


def test_a_run_is_whole_or_not_there(tmp_path):
    folder = opened(tmp_path / "run")
    write_json(folder.partial / "metrics.json", {})
    assert not folder.final.exists()
    folder.finish()
    assert folder.is_whole
    assert not folder.partial.exists()
    assert sorted(path.name for path in folder.final.iterdir()) == [
        "metrics.json",
        "metrics.schema.json",
    ]


def test_a_finished_run_is_refused_unless_it_may_be_replaced(tmp_path):
    finished(tmp_path / "run")
    with pytest.raises(UserError, match="--overwrite"):
        opened(tmp_path / "run")
    finished(tmp_path / "run", "second")
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == {"content": "second"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_text("precious")
    with pytest.raises(UserError, match="no run"):
        opened(tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "mine.jpg").read_text() == "precious"


def test_a_run_that_was_cut_off_is_neither_lost_nor_taken_for_whole(tmp_path):
    opened(tmp_path / "run")
    with pytest.raises(UserError, match="--resume"):
        opened(tmp_path / "run")


def test_a_resumed_run_repeats_no_finished_stage(tmp_path):
    calls = []

    def work():
        calls.append("worked")
        return {"answer": 42}

    folder = opened(tmp_path / "run")
    folder.stage("train", dict[str, int], work)
    again = opened(tmp_path / "run", resume=True)
    assert again.stage("train", dict[str, int], work) == {"answer": 42}
    assert calls == ["worked"]


def test_a_stage_that_failed_is_done_again(tmp_path):
    def fail():
        raise ValueError("broken")

    folder = opened(tmp_path / "run")
    with pytest.raises(ValueError, match="broken"):
        folder.stage("train", dict[str, bool], fail)
    assert folder.stage("train", dict[str, bool], lambda: {"good": True}) == {"good": True}


def test_what_came_to_be_there_while_a_run_was_made_is_left_alone(tmp_path):
    """A folder of the user's, or another run that was moved there."""
    for name, way in (("mine.jpg", "move it away"), ("metrics.json", "--overwrite")):
        folder = opened(tmp_path / name / "run")
        folder.final.mkdir()
        write_json(folder.final / name, {})
        with pytest.raises(UserError, match="meanwhile"):
            folder.finish()
        with pytest.raises(UserError, match="another --output" if "jpg" in name else way):
            opened(folder.final, resume=True)
        assert (folder.final / name).is_file()
        assert sorted(path.name for path in folder.final.parent.iterdir()) == ["run", "run.partial"]
    write_json(folder.partial / "metrics.json", {"content": "second"})
    opened(folder.final, resume=True, overwrite=True).finish()
    assert content(folder.final) == "second"


def test_a_run_is_not_resumed_with_other_settings(tmp_path):
    opened(tmp_path / "run", {"seed": 1, "limit": None})
    with pytest.raises(UserError, match="another seed"):
        opened(tmp_path / "run", {"seed": 2, "limit": None}, resume=True)


def test_a_folder_of_the_user_beside_a_run_is_left_alone(tmp_path):
    (tmp_path / "run.old").mkdir()
    (tmp_path / "run.old" / "mine").write_text("precious")
    finished(tmp_path / "run")
    finished(tmp_path / "run", "second")
    assert (tmp_path / "run.old" / "mine").read_text() == "precious"


def test_a_kept_stage_of_another_shape_is_named_with_the_way_out(tmp_path):
    folder = opened(tmp_path / "run")
    folder.stage("train", dict[str, str], lambda: {"answer": "many"})
    again = opened(tmp_path / "run", resume=True)
    with pytest.raises(UserError, match=r"train\.json: can't be read .*--overwrite"):
        again.stage("train", dict[str, int], lambda: {"answer": 42})


@pytest.mark.parametrize("left", [0, 10, 64, 65, 70, -1])
def test_a_stage_whose_file_is_torn_is_done_again(tmp_path, left):
    folder = opened(tmp_path / "run")
    folder.stage("train", dict[str, int], lambda: {"answer": 42})
    file = folder.partial / "stages" / "train.json"
    file.write_bytes(file.read_bytes()[:left])
    again = opened(tmp_path / "run", resume=True)
    assert again.stage("train", dict[str, int], lambda: {"answer": 43}) == {"answer": 43}


@pytest.mark.parametrize("left", ["", "stages/", ".settings.json.abcdefgh.partial/settings.json"])
def test_what_is_left_of_a_run_at_its_begin_or_end_is_overwritten(tmp_path, left):
    """Without settings no run goes on; that it is the project's own is seen by its names."""
    partial = tmp_path / "run.partial"
    partial.mkdir()
    if left:
        place = partial / left
        (place if left.endswith("/") else place.parent).mkdir()
    with pytest.raises(UserError, match="--overwrite"):
        opened(tmp_path / "run", resume=True)
    opened(tmp_path / "run", overwrite=True)
    assert [path.name for path in partial.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("way", [{"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("name", ["mine.jpg", "stages/mine.jpg", "settings.json"])
def test_a_working_folder_of_somebody_else_is_left_alone(tmp_path, name, way):
    file = tmp_path / "run.partial" / name
    file.parent.mkdir(parents=True)
    file.write_text('{"precious": 1}')
    with pytest.raises(UserError, match="move it away"):
        opened(tmp_path / "run", **way)
    assert file.read_text() == '{"precious": 1}'


class Killed(BaseException):
    pass


def stop_at(number, monkeypatch, *, is_killed):
    """Let the process end at the renaming, removal or flush of that number.

    One that is killed does not even settle what it began.
    """
    count, ended = iter(range(1000)), []

    def counted(real):
        def call(*arguments, **more):
            if next(count) == number:
                ended.append(number)
                raise Killed
            return real(*arguments, **more)

        return call

    for name in ("rename", "replace", "unlink", "rmdir"):
        monkeypatch.setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
    for module, name in ((shutil, "rmtree"), (os, "fsync")):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))

    def settle_unless_killed(output):
        if not (is_killed and ended):
            settle(output)

    monkeypatch.setattr(files, "settle", settle_unless_killed)


@pytest.mark.parametrize("number", range(22))
@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
def test_a_run_ended_at_any_moment_of_replacing_another_loses_neither(
    tmp_path, monkeypatch, number, is_killed
):
    finished(tmp_path / "run", "first")
    begun = opened(tmp_path / "run", overwrite=True)
    write_json(begun.partial / "metrics.json", {"content": "second"})
    with monkeypatch.context() as patch:
        stop_at(number, patch, is_killed=is_killed)
        with contextlib.suppress(Killed):
            begun.finish()
    again = RunFolder(tmp_path / "run")
    if again.partial.exists():
        again.open({"seed": 1}, overwrite=False, resume=True)
        assert content(again.final) == "first"
        again.finish()
    again.tidy()
    assert content(again.final) == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert sorted(path.name for path in again.final.iterdir()) == [
        "metrics.json",
        "metrics.schema.json",
    ]


def content(folder):
    return json.loads((folder / "metrics.json").read_text())["content"]


def test_what_came_after_a_torn_stage_is_done_again_too(tmp_path):
    folder = opened(tmp_path / "run")
    for name in ("train", "detect"):
        folder.stage(name, int, lambda: 1)
    (folder.partial / "stages" / "train.json").write_bytes(b"{")
    again = opened(tmp_path / "run", resume=True)
    assert [again.stage(name, int, lambda: 2) for name in ("train", "detect")] == [2, 2]


def test_of_a_run_that_starts_again_no_stage_counts_wherever_it_is_stopped(tmp_path, monkeypatch):
    folder = opened(tmp_path / "run")
    folder.stage("train", int, lambda: 1)

    def stopped(*of):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.runs.folder.remove_marked", stopped)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path / "run", overwrite=True)
    again = opened(tmp_path / "run", resume=True)
    assert again.stage("train", int, lambda: 2) == 2
