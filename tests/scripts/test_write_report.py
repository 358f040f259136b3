"""The command line that writes the report of a finished run again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from toy_run import add_axes, write_run

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "write_report.py"


def run(*arguments, folder):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)


def test_what_a_study_has_added_to_a_run_comes_into_its_report(tmp_path):
    write_run(tmp_path / "run")
    (tmp_path / "run" / "data").rename(tmp_path / "moved")
    add_axes(tmp_path / "run", time="there is no hurry")
    done = run("run", "--dataset", "moved", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(Path("run") / "report.html")
    assert "there is no hurry" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere"], "nowhere"),
        (["run", "--dataset", "elsewhere"], "--dataset"),
    ],
)
def test_what_is_no_run_or_no_data_is_exit_2_with_a_sentence(tmp_path, arguments, word):
    write_run(tmp_path / "run", images=2)
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_name_that_leads_out_of_the_data_is_not_followed(tmp_path):
    write_run(tmp_path / "run", images=2)
    path = tmp_path / "run" / "ground_truth.json"
    coco = json.loads(path.read_text())
    coco["images"][1]["file_name"] = "../../secret.png"
    path.write_text(json.dumps(coco))
    done = run("run", "--dataset", "run/data", folder=tmp_path)
    assert done.returncode == 2
    assert "../../secret.png: is in the run, but there is no such image" in done.stderr
