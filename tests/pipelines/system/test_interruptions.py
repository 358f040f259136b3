import subprocess
import sys

import pytest

PROGRAM = """
import atexit, signal, sys, time
from pipelines.system.command_line import Options, run

class Thing:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def stopped_in_a_destructor(arguments):
    Thing()
    time.sleep(20)
    return 0

def stopped_at_the_end(arguments):
    atexit.register(signal.raise_signal, signal.SIGINT)
    return 0

def stopped_without_a_trace(arguments):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
    raise ImportError("numpy._core.multiarray failed to import")

def another_error(arguments):
    Thing.__del__ = lambda self: 1 / 0
    Thing()
    return 0

raise SystemExit(run("script", Options(), [], {work}))
"""


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        ("stopped_in_a_destructor", 130, "\nscript: stopped\n"),
        ("stopped_without_a_trace", 130, "\nscript: stopped\n"),
        ("stopped_at_the_end", 0, ""),
    ],
)
def test_an_interruption_is_obeyed_and_never_a_traceback(work, status, said):
    done = run(work)
    assert (done.returncode, done.stderr) == (status, said)


def test_other_errors_that_can_not_be_raised_are_shown():
    assert "ZeroDivisionError" in run("another_error").stderr


def run(work):
    program = PROGRAM.replace("{work}", work)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
