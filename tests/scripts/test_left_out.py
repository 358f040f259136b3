"""A contender that can't take part is left out, and the others are compared without it."""

import json

import pytest
from toy_contender import REASON
from toy_project import project_with_toys, run_script
from voc_files import write_set

LINE = f"toy: left out, {REASON}"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with three toys, of which one has to be prepared."""
    folder = project_with_toys(
        tmp_path_factory.mktemp("project"), ["spots", "dots", "toy"], ["toy"]
    )
    write_set(folder / "set", 8, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    return folder


def run(project, script, *arguments, **environment):
    return run_script(project, script, *arguments, **environment, COLUMNS="200")


def compare(project, output, *arguments, names=("spots", "dots", "toy"), **environment):
    given = ("--axes", "none", "--set", "evaluation.latency_samples=2", "evaluation.warm_up=0")
    quick = ("evaluation.throughput_seconds=0", "evaluation.throughput_batches=1")
    asked = ("--dataset", "set", "--output", output, "--pipelines", *names, *arguments)
    return run(project, "compare_detection", *asked, *given, *quick, **environment)


def metrics_of(project, output):
    return json.loads((project / output / "metrics.json").read_text())


@pytest.fixture(scope="module")
def done(project):
    required = ("--require", "toy.map_50=0.1", "spots.map_50=0")
    return compare(project, "runs/two", *required, TOY_HAS_NO_SPOTS="1")


def test_it_is_told_in_a_line_and_the_others_are_compared(project, done):
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines().count(LINE) == 1
    metrics = metrics_of(project, "runs/two")
    assert metrics["left_out"] == {"toy": REASON}
    assert metrics["settings"]["pipelines"] == ["spots", "dots"]
    assert list(metrics["pipelines"]) == ["spots", "dots"]
    assert not (project / "runs" / "two" / "models" / "toy").exists()


def test_what_is_required_of_it_is_missed(done):
    assert "MISSED toy.map_50 = null, at least 0.1 wanted" in done.stdout
    assert "met    spots.map_50" in done.stdout


def test_tables_and_page_show_that_it_is_left_out(project, done):
    assert LINE in " ".join(done.stdout.split())
    assert LINE in (project / "runs" / "two" / "report.html").read_text()


def test_alone_it_is_refused_and_leaves_nothing(project):
    refused = compare(project, "runs/alone", names=["toy"], TOY_HAS_NO_SPOTS="1")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == f"compare_detection: {LINE}"
    assert not list((project / "runs").glob("alone*"))


@pytest.mark.parametrize(
    ("at_first", "later"),
    [({"TOY_HAS_NO_SPOTS": "1"}, {}), ({}, {"TOY_HAS_NO_SPOTS": "1"})],
    ids=["left out", "takes part"],
)
def test_a_run_that_goes_on_keeps_to_what_was_decided(project, at_first, later):
    output = "runs/resumed-" + ("out" if at_first else "in")
    cut = compare(project, output, **at_first, TOY_CAN_NOT_LEARN="1")
    assert cut.returncode == 2
    other = compare(project, output, "--resume", names=["spots", "dots"], **later)
    assert other.returncode == 2
    assert "started with another settings" in other.stderr
    whole = compare(project, output, "--resume", **later)
    assert whole.returncode == 0, whole.stderr
    assert (LINE in whole.stderr) == bool(at_first)
    left = ["spots", "dots"] if at_first else ["spots", "dots", "toy"]
    assert list(metrics_of(project, output)["pipelines"]) == left


def test_its_run_is_repeated_without_it_and_compared_with_one_that_has_it(project, done):
    assert done.returncode == 1
    again = ("--settings", "runs/two/metrics.json", "--output", "runs/again", "--axes", "none")
    repeated = run(project, "compare_detection", *again)
    assert repeated.returncode == 0, repeated.stderr
    assert metrics_of(project, "runs/again")["left_out"] == {}
    assert compare(project, "runs/three").returncode == 0
    compared = run(project, "compare_runs", "runs/three", "--baseline", "runs/two")
    assert compared.returncode == 0, compared.stderr
    assert "toy" in compared.stdout
    assert run(project, "write_report", "runs/two").returncode == 0
