"""A contender that can't take part is left out, and the others are compared without it."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest
import toy_contender
from toy_contender import REASON
from voc_files import write_set

from pipelines import contenders
from scripts import compare_detection, compare_runs, write_report

LINE = f"toy: left out, {REASON}"
NAMES = ("spots", "dots", "toy")


def toy(name):
    """The row of a toy; the one of that name has to be prepared."""
    given = {"train": toy_contender.train, "load": toy_contender.load}
    prepare = toy_contender.prepare if name == "toy" else None
    label = f"the {name}"
    return contenders.Contender(name, label, uses_tensorflow=False, prepare=prepare, **given)


def here(work, *given):
    return work(*given)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """The current folder: it has a set, three toys compete, and all of it in this process."""
    folder = tmp_path_factory.mktemp("current")
    write_set(folder / "set", 8, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    (choices,) = (each for each in compare_detection.OPTIONS._actions if each.dest == "pipelines")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        patch.setattr(contenders, "CONTENDERS", tuple(map(toy, NAMES)))
        patch.setattr(contenders, "NAMES", NAMES)
        patch.setattr(choices, "choices", NAMES)
        patch.setattr("pipelines.system.runtime.set_threads", lambda count, blas=None: None)
        for stage in ("prepare", "run"):
            patch.setattr(f"pipelines.benchmark.{stage}.in_own_process", here)
        yield folder


def run(script, *arguments, **environment):
    with (
        redirect_stdout(io.StringIO()) as printed,
        redirect_stderr(io.StringIO()) as errors,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        status = script.main([*arguments])
    return SimpleNamespace(returncode=status, stdout=printed.getvalue(), stderr=errors.getvalue())


def compare(output, *arguments, names=NAMES, **environment):
    given = ("--axes", "none", "--set", "evaluation.latency_samples=2", "evaluation.warm_up=0")
    quick = ("evaluation.throughput_seconds=0", "evaluation.throughput_batches=1")
    asked = ("--dataset", "set", "--output", output, "--pipelines", *names, *arguments)
    return run(compare_detection, *asked, *given, *quick, **environment)


def metrics_of(folder, output):
    return json.loads((folder / output / "metrics.json").read_text())


@pytest.fixture(scope="module")
def done(folder):
    required = ("--require", "toy.map_50=0.1", "spots.map_50=0")
    return compare("runs/two", *required, TOY_HAS_NO_SPOTS="1")


def test_it_is_told_in_a_line_and_the_others_are_compared(folder, done):
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines().count(LINE) == 1
    metrics = metrics_of(folder, "runs/two")
    assert metrics["left_out"] == {"toy": REASON}
    assert metrics["settings"]["pipelines"] == ["spots", "dots"]
    assert list(metrics["pipelines"]) == ["spots", "dots"]
    assert not (folder / "runs" / "two" / "models" / "toy").exists()


def test_what_is_required_of_it_is_missed(done):
    assert "MISSED toy.map_50 = null, at least 0.1 wanted" in done.stdout
    assert "met    spots.map_50" in done.stdout


def test_tables_and_page_show_that_it_is_left_out(folder, done):
    assert LINE in " ".join(done.stdout.split())
    assert LINE in (folder / "runs" / "two" / "report.html").read_text()


def test_alone_it_is_refused_and_leaves_nothing(folder):
    refused = compare("runs/alone", names=["toy"], TOY_HAS_NO_SPOTS="1")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == f"compare_detection: {LINE}"
    assert not list((folder / "runs").glob("alone*"))


@pytest.mark.parametrize(
    ("at_first", "later"),
    [({"TOY_HAS_NO_SPOTS": "1"}, {}), ({}, {"TOY_HAS_NO_SPOTS": "1"})],
    ids=["left out", "takes part"],
)
def test_a_run_that_goes_on_keeps_to_what_was_decided(folder, at_first, later):
    output = "runs/resumed-" + ("out" if at_first else "in")
    cut = compare(output, **at_first, TOY_CAN_NOT_LEARN="1")
    assert cut.returncode == 2
    other = compare(output, "--resume", names=["spots", "dots"], **later)
    assert other.returncode == 2
    assert "started with another settings" in other.stderr
    whole = compare(output, "--resume", **later)
    assert whole.returncode == 0, whole.stderr
    assert (LINE in whole.stderr) == bool(at_first)
    left = ["spots", "dots"] if at_first else ["spots", "dots", "toy"]
    assert list(metrics_of(folder, output)["pipelines"]) == left


def test_its_run_is_repeated_without_it_and_compared_with_one_that_has_it(folder, done):
    assert done.returncode == 1
    again = ("--settings", "runs/two/metrics.json", "--output", "runs/again", "--axes", "none")
    repeated = run(compare_detection, *again)
    assert repeated.returncode == 0, repeated.stderr
    assert metrics_of(folder, "runs/again")["left_out"] == {}
    assert compare("runs/three").returncode == 0
    compared = run(compare_runs, "runs/three", "--baseline", "runs/two")
    assert compared.returncode == 0, compared.stderr
    assert "toy" in compared.stdout
    assert run(write_report, "runs/two").returncode == 0
