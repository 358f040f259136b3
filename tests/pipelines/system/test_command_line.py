import importlib
import pickle
from pathlib import Path

import pytest

from datasets.errors import UserError
from pipelines.export.network import UnlikeError
from pipelines.system.command_line import Options, command, real, run, whole

ROOT = Path(__file__).resolve().parents[3]
# The others take no options: one a user copies, and what some share.
WITHOUT = {
    *("evaluate_own_detector", "common", "simulation"),
    *("label_faults", "object_lab", "millions_parts"),
}
SCRIPTS = [p for p in (ROOT / "scripts").rglob("*.py") if p.parent.name != "fault_kinds"]
WITH_OPTIONS = sorted(p for p in SCRIPTS if p.stem not in WITHOUT)


def ended(error, stopped=""):
    def work(arguments):
        del arguments
        raise error

    return run("detect", Options(), [], work, stopped)


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
    assert ended(error, "go on with --resume") == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("detect: ")
    assert word in line


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        ended(ZeroDivisionError())


def test_what_an_interruption_led_to_is_one(capsys):
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    assert ended(error) == 130
    assert capsys.readouterr().err == "\ndetect: stopped\n"


def test_a_file_name_cannot_command_the_terminal(capsys):
    ended(UserError("a\x1b[2Jb\nc\u202ed.jpg é: is broken"))
    assert capsys.readouterr().err == "detect: a\\x1b[2Jb\\nc\\u202ed.jpg é: is broken\n"


def test_errors_cross_processes():
    error = pickle.loads(pickle.dumps(UnlikeError("other boxes")))  # noqa: S301
    assert (str(error), error.exit_status) == ("other boxes", 1)


@pytest.mark.parametrize("path", WITH_OPTIONS, ids=lambda path: path.stem)
def test_every_script_ends_by_it(path):
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert {vars(module).get("run"), vars(module).get("command")} & {run, command}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (["--masks", "1"], "--masks must be at least 2, not 1"),
        (["--masks", "1.5"], "--masks takes a whole number"),
        (["--iou", "nan"], "--iou must be"),
        (["--iou", "inf"], "--iou must be at most 1"),
        (["--iou", "0"], "--iou must be more than 0"),
        (["--unknown"], "--unknown"),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_name(given, word, capsys):
    options = Options()
    options.add_argument("--masks", type=whole(2, 9))
    options.add_argument("--iou", type=real(0, 1, above=True))
    assert run("explain", options, given, lambda arguments: 0) == 2
    assert word in capsys.readouterr().err


@pytest.mark.parametrize("path", WITH_OPTIONS, ids=lambda path: path.stem)
def test_no_script_takes_a_number_of_any_size(path):
    """Those of `RunSettings` and `FileSettings` are checked there."""
    if path.stem not in {"compare_detection", "evaluate_detections"}:
        source = path.read_text(encoding="utf-8")
        assert "type=int" not in source
        assert "type=float" not in source
