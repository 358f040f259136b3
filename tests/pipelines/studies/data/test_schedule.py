import os
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from datasets.errors import UserError
from models.classical.settings import ClassicalSettings
from pipelines.runs.finished import Subject
from pipelines.settings import RunSettings
from pipelines.studies.data.plan import PlannedTraining
from pipelines.studies.data.schedule import at_once, measure, workers
from pipelines.studies.data.trainings import SubsetTrainings

FAST = ClassicalSettings(
    proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
)


@pytest.fixture
def subject(tmp_path, small_sample):
    used = {
        name: SimpleNamespace(memory_mb=SimpleNamespace(peak_rss=1.0))
        for name in ("classical", "yolo")
    }
    return Subject(tmp_path, small_sample, replace(RunSettings(), classical=FAST), used)


@pytest.fixture
def one_process(monkeypatch):
    monkeypatch.setattr("pipelines.studies.data.schedule.at_once", lambda subject: 1)


@pytest.mark.slow
@pytest.mark.usefixtures("one_process")
def test_a_training_in_a_process_of_its_own_gives_what_it_gives_here(subject):
    planned = PlannedTraining("classical", 4, 1)
    here = SubsetTrainings(subject, 2).result(planned)
    with workers(subject) as given:
        there = given.pool.submit(measure, planned).result()
    assert there.precision == here.precision
    assert here.precision.map_50 > 0
    assert not here.undertrained


@pytest.mark.usefixtures("one_process")
def test_a_process_that_is_killed_is_reported_with_the_way_out(subject):
    with pytest.raises(UserError, match="--resume"), workers(subject) as given:
        given.pool.submit(os._exit, 1).result()


def stop_while(busy):
    while not busy.running():
        time.sleep(0.05)
    raise KeyboardInterrupt


@pytest.mark.usefixtures("one_process")
def test_whoever_stops_does_not_wait_for_what_is_being_trained(subject):
    with pytest.raises(KeyboardInterrupt), workers(subject) as given:
        stop_while(given.pool.submit(time.sleep, 3600))  # a test that waited for it would never end


def test_as_many_at_once_as_cores_and_memory_allow(subject, monkeypatch):
    monkeypatch.setattr("pipelines.system.runtime.usable_cores", lambda: 6)
    assert at_once(subject) == 6
    subject.figures["yolo"].memory_mb.peak_rss = 1e9
    assert at_once(subject) == 1


def test_only_contenders_that_use_a_gpu_share_it(subject, monkeypatch):
    gpu = SimpleNamespace(is_gpu=True)
    monkeypatch.setattr("pipelines.system.runtime.usable_cores", lambda: 6)
    monkeypatch.setattr("pipelines.system.runtime.choose_device", lambda choice: gpu)
    assert at_once(subject) == 1
    alone = replace(subject, settings=replace(subject.settings, pipelines=("classical",)))
    assert at_once(alone) == 6
