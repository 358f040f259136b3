import json

import pytest

from datasets.errors import UserError
from pipelines.runs.folder import RunFolder
from pipelines.system.files import write_json


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


@pytest.mark.parametrize("kept", ['{"answer": 4', '{"answer": "many"}', "[]"])
def test_a_kept_stage_that_cannot_be_read_is_named_with_the_way_out(tmp_path, kept):
    folder = opened(tmp_path / "run")
    folder.stage("train", dict[str, int], lambda: {"answer": 42})
    (folder.partial / "stages" / "train.json").write_text(kept)
    again = opened(tmp_path / "run", resume=True)
    with pytest.raises(UserError, match=r"train\.json: can't be read .*--overwrite"):
        again.stage("train", dict[str, int], lambda: {"answer": 42})
