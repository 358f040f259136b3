import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "study_axes.py"


def run(*arguments, folder):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "120"},
    )


def write_metrics(folder, **more):
    folder.mkdir()
    metrics = {
        "settings": {"dataset": "gone"},
        "dataset": {"split_sha256": "0"},
        "pipelines": {},
        **more,
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: is no finished run"),
        (["run", "--axes", "speed"], "there is no 'speed'"),
        (["run", "--budget-minutes", "0"], "must be more than 0"),
        (["run", "--axes", "time"], "models/classical: is not there"),
        (["one", "--axes", "time"], "this run has no yolo"),
        (["cut", "--axes", "all"], "the study of time was cut off; add --resume"),
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(tmp_path, arguments, said):
    write_metrics(tmp_path / "run")
    write_metrics(tmp_path / "one", settings={"dataset": "gone", "pipelines": ["classical"]})
    write_metrics(tmp_path / "cut")
    (tmp_path / "cut" / "axes" / "cells" / "time").mkdir(parents=True)
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
