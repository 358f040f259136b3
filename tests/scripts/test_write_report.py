"""The command line that writes the report of a finished run again."""

import json
from pathlib import Path

import pytest
from toy_audit import audited
from toy_run import add_axes, write_run

from scripts.write_report import main


@pytest.fixture(autouse=True)
def _in_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_a_study_has_added_to_a_run_comes_into_its_report(tmp_path, capsys):
    write_run(tmp_path / "run")
    (tmp_path / "run" / "data").rename(tmp_path / "moved")
    add_axes(tmp_path / "run", time="there is no hurry")
    assert main(["run", "--dataset", "moved"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("run") / "report.html")
    assert "there is no hurry" in (tmp_path / "run" / "report.html").read_text()


def test_what_an_audit_has_suspected_comes_into_the_report(tmp_path, capsys):
    given = audited(tmp_path)
    given.data.rename(tmp_path / "moved")
    assert main([str(given.run.folder), "--dataset", "moved"]) == 0, capsys.readouterr().err
    text = given.run.folder.joinpath("report.html").read_text()
    assert text.count("(val)</small>") == 2  # of images that are in no test split


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere"], "nowhere"),
        (["run", "--dataset", "elsewhere"], "--dataset"),
    ],
)
def test_what_is_no_run_or_no_data_is_exit_2_with_a_sentence(tmp_path, capsys, arguments, word):
    write_run(tmp_path / "run", images=2)
    assert main(arguments) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_name_that_leads_out_of_the_data_is_not_followed(tmp_path, capsys):
    write_run(tmp_path / "run", images=2)
    path = tmp_path / "run" / "ground_truth.json"
    coco = json.loads(path.read_text())
    coco["images"][1]["file_name"] = "../../secret.png"
    path.write_text(json.dumps(coco))
    assert main(["run", "--dataset", "run/data"]) == 2
    assert "../../secret.png" in capsys.readouterr().err
