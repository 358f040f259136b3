import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipelines.system.processes import in_own_process
from pipelines.system.temporary import own_temporary_files, temporary_folder, use

HOLD = """
from pathlib import Path
from pipelines.system.temporary import temporary_folder
with temporary_folder() as place:
    (place / "left").touch()
    print(place, flush=True)
    input()
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A temporary folder of the system's that only this test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def make_a_file():
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    return name


def make_a_file_and_die():
    make_a_file()
    signal.raise_signal(signal.SIGKILL)


def test_what_a_process_leaves_in_its_temporary_folder_goes_with_it(home):
    name = in_own_process(make_a_file)
    assert name.startswith(str(home))
    assert not list(home.iterdir())


def test_what_a_process_leaves_that_is_killed_goes_too(home):
    with pytest.raises(Exception, match="killed"):
        in_own_process(make_a_file_and_die)
    assert not list(home.iterdir())


def test_the_next_clears_what_the_dead_have_left_and_nothing_of_the_living(home):
    def started():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
        return process, Path(process.stdout.readline().strip())

    (dead, left), (living, kept) = started(), started()
    dead.kill()
    dead.communicate()
    assert (left / "left").exists()
    with temporary_folder():
        assert not left.exists()
        assert (kept / "left").exists()
    living.communicate("\n")
    assert not list(home.iterdir())


def test_the_folder_of_another_user_is_not_used(home, monkeypatch):
    with temporary_folder() as place:
        assert place.parent.stat().st_mode & 0o077 == 0
        monkeypatch.setattr(os, "getuid", lambda: 4321)
        place.parent.rename(home / "classical-or-deep-4321-processes")
        with pytest.raises(PermissionError, match="another user"), temporary_folder():
            pass


def test_the_files_of_this_process_go_too_and_all_is_as_before(home, monkeypatch):
    monkeypatch.delenv("TEMP", raising=False)
    monkeypatch.setenv("TMP", "elsewhere")
    with own_temporary_files():
        assert Path(make_a_file()).parent.parent.parent == home
        assert os.environ["TEMP"] == os.environ["TMP"] == tempfile.gettempdir() != str(home)
    assert not list(home.iterdir())
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(home)
    assert "TEMP" not in os.environ
    assert os.environ["TMP"] == "elsewhere"


def test_libraries_and_further_processes_use_it_too(home, monkeypatch):
    monkeypatch.setenv("TEMP", "")
    monkeypatch.setenv("TMP", "")
    use(home)
    asked = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert found == str(home) == tempfile.gettempdir()
