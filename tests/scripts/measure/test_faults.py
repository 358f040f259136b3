"""A sample of what `scripts/measure/faults.py` does at length."""

import json

import pytest

from datasets.progress import silently
from datasets.reading import read_dataset
from models.classical.settings import ClassicalSettings
from pipelines.classical.storage import save_classical
from pipelines.classical.training import train_classical
from scripts.measure.fault_kinds.cases import Case, Outcomes, refused, sampled
from scripts.measure.fault_kinds.files import file_cases
from scripts.measure.fault_kinds.kills import kill_cases
from scripts.measure.fault_kinds.tiny import make_set
from scripts.measure.fault_kinds.values import value_cases
from scripts.measure.fault_kinds.whole_run import whole_run

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


@pytest.mark.slow
def test_a_run_killed_during_the_last_renames_goes_on(tmp_path):
    shared = tmp_path / "shared"
    make_set(shared / "set")
    assert not outcomes_of(kill_cases(shared, [whole_run(shared)], 1, 0), tmp_path)


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
