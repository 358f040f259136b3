"""Scripts one after another in one process, which imports the libraries once for all they do."""

import json
import os
import subprocess
import sys

# What scripts do in processes of their own is done in theirs. TensorFlow takes no other number of
# threads once it has begun.
PROGRAM = """
import importlib, json, sys
from contextlib import suppress
sys.path.insert(0, sys.argv[1])
from pipelines.system import processes, runtime
def set_threads(count, blas=None, given=runtime.set_threads):
    with suppress(RuntimeError):
        given(count, blas)
runtime.set_threads = set_threads
processes.in_own_process = lambda work, *given: work(*given)
for script, *arguments in json.loads(sys.argv[2]):
    if status := importlib.import_module(f"scripts.{script}").main(arguments):
        raise SystemExit(f"{script}: exit {status}")
"""


def run_scripts(project, folder, *commands):
    """Run commands, each a script of the project and its arguments; return what they printed."""
    words = [[str(word) for word in command] for command in commands]
    done = run_command([sys.executable, "-c", PROGRAM, str(project), json.dumps(words)], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_command(words, folder):
    """Run a command in a folder, before a terminal of 120 columns, and return how it ended."""
    return subprocess.run(
        words,
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1200,
        env={**os.environ, "COLUMNS": "120"},
    )
