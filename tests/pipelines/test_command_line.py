import importlib
import pickle
from pathlib import Path

import pytest

from datasets.errors import UserError
from pipelines.command_line import run
from pipelines.exporting import UnlikeError

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def failing(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (UserError("the file is broken"), 2, "broken"),
        (UnlikeError("other boxes"), 1, "boxes"),
        (OSError(28, "No space left on device", "runs/a"), 2, "runs/a: No space"),
        (KeyboardInterrupt(), 130, "go on with --resume"),
    ],
)
def test_a_failure_is_one_sentence_and_an_exit_status(error, status, word, capsys):
    assert run("detect", failing(error), "go on with --resume") == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("detect: ")
    assert word in line


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run("detect", failing(ZeroDivisionError()))


def test_a_file_name_cannot_command_the_terminal(capsys):
    run("detect", failing(UserError("a\x1b[2Jb\nc\u202ed.jpg é: is broken")))
    assert capsys.readouterr().err == "detect: a\\x1b[2Jb\\nc\\u202ed.jpg é: is broken\n"


def test_errors_cross_processes():
    error = pickle.loads(pickle.dumps(UnlikeError("other boxes")))  # noqa: S301
    assert (str(error), error.exit_status) == ("other boxes", 1)


@pytest.mark.parametrize(
    "script",
    sorted(
        path.stem
        for path in SCRIPTS.glob("*.py")
        if path.stem not in {"make_tide_values", "evaluate_own_detector"}
    ),
)
def test_every_script_ends_by_it(script):
    module = importlib.import_module(f"scripts.{script}")
    assert module.run is run
