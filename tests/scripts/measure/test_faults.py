"""A sample of what `scripts/measure/faults.py` does at length."""

import json
import signal
import sys

import psutil
import pytest

from datasets.progress import silently
from datasets.reading import read_dataset
from models.classical.settings import ClassicalSettings
from pipelines.classical.storage import save_classical
from pipelines.classical.training import train_classical
from scripts.measure.fault_kinds.cases import Case, Outcomes, refused, sampled
from scripts.measure.fault_kinds.files import file_cases
from scripts.measure.fault_kinds.other_kills import other_kill_cases
from scripts.measure.fault_kinds.stopping import orphans, send
from scripts.measure.fault_kinds.tiny import make_set, started
from scripts.measure.fault_kinds.values import value_cases
from scripts.measure.fault_kinds.whole_run import WholeRun

SAMPLE = 60


def outcomes_of(cases, folder):
    outcomes = Outcomes(folder)
    outcomes.attempt(cases)
    assert outcomes.all
    return [each for each in outcomes.all if each.note]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A tiny set, and beside it what the cases need of a run: a trained classical detector."""
    shared = tmp_path_factory.mktemp("faults")
    dataset = read_dataset(make_set(shared / "set"))
    settings = ClassicalSettings(
        *(20, "windows"), window_shapes=2, moved_copies=1, mining_rounds=0, regression=False
    )
    train, val = dataset.splits["train"], dataset.splits["val"]
    detector = train_classical(train, val, dataset.classes, settings, 0, silently, threads=1)
    save_classical(detector, shared / "whole" / "models" / "classical")
    return shared


def test_impossible_values_are_refused(tmp_path):
    assert not outcomes_of(sampled(list(value_cases()), 2 * SAMPLE, 0), tmp_path)


def test_hostile_files_do_no_harm(shared, tmp_path):
    assert not outcomes_of(sampled(list(file_cases(shared)), SAMPLE, 0), tmp_path)


def test_a_script_that_is_killed_leaves_what_it_writes_whole_or_absent(shared, tmp_path):
    """The cheapest to be started three times; runs are killed at each step in their own tests."""
    run = WholeRun(shared / "whole", shared / "begun", ("classical",), {})
    cases = other_kill_cases(shared, [run], 1, 0)
    assert not outcomes_of([each for each in cases if "inspect" in each.name], tmp_path)


def test_what_goes_on_after_a_kill_is_found(tmp_path):
    program = "import subprocess; subprocess.run(['sleep', '60'])"
    with started([sys.executable, "-c", program], tmp_path) as process:
        while not psutil.Process(process.pid).children():
            assert process.poll() is None
        (child,) = psutil.Process(process.pid).children()
        send(process.pid, "main", signal.SIGKILL)
    assert orphans(tmp_path, seconds=0) == "1 processes go on"
    child.kill()
    assert orphans(tmp_path) == ""


def test_a_measurement_goes_on_and_counts_each_case_once(tmp_path):
    tried = []

    def case(name, note):
        def attempt(place):
            assert not list(place.iterdir())
            (place / "left").touch()
            tried.append(name)
            return note

        return Case("kind", name, attempt)

    cases = [case("good", ""), case("bad", "it failed"), case("not here", "skipped: no disk")]
    Outcomes(tmp_path).attempt(cases[:1])
    outcomes = Outcomes(tmp_path)
    outcomes.attempt(cases)
    assert tried == ["good", "bad", "not here"]
    assert outcomes.rows() == [("kind", "1 of 2", "1")]
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.jsonl"]


def test_what_a_case_meets_that_is_no_sentence_counts_as_wrong(tmp_path):
    def broken(place):
        return refused(lambda: json.loads("["))

    (wrong,) = outcomes_of([Case("kind", "broken", broken)], tmp_path)
    assert wrong.note.startswith("JSONDecodeError")
    assert refused(lambda: None) == "was taken"
