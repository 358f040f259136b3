import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
EXAMPLE = "evaluate_own_detector"  # to be copied; it shows its user's own errors


@pytest.mark.parametrize(
    "raised", ["raise KeyboardInterrupt", "raise ImportError from KeyboardInterrupt()"]
)
@pytest.mark.parametrize(
    "script", [path.stem for path in sorted(SCRIPTS.glob("*.py")) if path.stem != EXAMPLE]
)
def test_no_script_shows_a_traceback_when_stopped_among_its_imports(script, raised, tmp_path):
    (tmp_path / "msgspec.py").write_text(raised)  # found before the real one
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{script}.py")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "\nstopped\n"
    assert done.returncode == 130
    assert not done.stdout


def test_other_errors_among_imports_are_shown(tmp_path):
    (tmp_path / "msgspec.py").write_text("1 / 0")
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "detect.py")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ZeroDivisionError" in done.stderr
