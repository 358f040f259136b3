import os
import time
from dataclasses import replace

import pytest

from datasets.errors import UserError
from models.classical.settings import ClassicalSettings
from pipelines.settings import RunSettings
from pipelines.studies.data.plan import Key
from pipelines.studies.data.side_by_side import at_once, measure, processes
from pipelines.studies.data.trainings import Trainings
from pipelines.studies.subject import Subject

FAST = ClassicalSettings(
    proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
)


@pytest.fixture
def subject(tmp_path, small_sample):
    used = {name: {"memory_mb": {"peak_rss": 1.0}} for name in ("classical", "yolo")}
    return Subject(tmp_path, small_sample, replace(RunSettings(), classical=FAST), used)


@pytest.mark.slow
def test_a_training_in_a_process_of_its_own_gives_what_it_gives_here(subject):
    key = Key("classical", 4, 1)
    here = Trainings(subject, 2).measure(key)
    with processes(subject, 2) as pool:
        assert list(pool.map(measure, [key, key])) == [here, here]
    assert here["map_50"] > 0


def test_a_process_that_is_killed_is_told_with_the_way_out(subject):
    with (
        pytest.raises(UserError, match=r"memory was full.*--resume"),
        processes(subject, 1) as pool,
    ):
        pool.submit(os._exit, 1).result()


def stop_while(busy):
    while not busy.running():
        time.sleep(0.05)
    raise KeyboardInterrupt


def test_whoever_stops_does_not_wait_for_what_is_being_trained(subject):
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), processes(subject, 1) as pool:
        stop_while(pool.submit(time.sleep, 600))
    assert time.monotonic() - started < 60


def test_as_many_at_once_as_cores_and_memory_allow(subject, monkeypatch):
    monkeypatch.setattr("pipelines.system.runtime.usable_cores", lambda: 6)
    assert at_once(subject) == 6
    subject.pipelines["yolo"]["memory_mb"]["peak_rss"] = 1e9
    assert at_once(subject) == 1
