import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "explain.py"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "a.png"], "nowhere: is no finished run"),
        (["run", "a.png"], "a.png: can't be opened"),
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(tmp_path, arguments, said):
    (tmp_path / "run").mkdir()
    metrics = {
        "settings": {"pipelines": ["classical", "yolo"]},
        "dataset": {"classes": ["cat"]},
        "pipelines": {},
    }
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
