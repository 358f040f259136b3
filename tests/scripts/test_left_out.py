"""A contender that can't take part is left out, and the others are compared without it."""

import json
from functools import partial

import pytest
import toy_contender
from toy_competition import compare as compare_toys
from toy_competition import competing, row, run
from toy_contender import REASON
from voc_files import write_set

from scripts import compare_detection, compare_runs, write_report

LINE = f"toy: left out, {REASON}"
NAMES = ("spots", "dots", "toy")
compare = partial(compare_toys, names=NAMES)


def toy(name):
    """The row of a toy; the one of that name has to be prepared."""
    prepare = toy_contender.prepare if name == "toy" else None
    return row(name, toy_contender.train, toy_contender.load, prepare)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """The current folder: it has a set, three toys compete, and all of it in this process."""
    folder = tmp_path_factory.mktemp("current")
    write_set(folder / "set", 8, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    with competing(folder, [toy(name) for name in NAMES]):
        yield folder


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
