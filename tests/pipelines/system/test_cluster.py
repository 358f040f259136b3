"""The workers of a Dask cluster, here two processes."""

import os
import time
from concurrent.futures import wait
from pathlib import Path

import psutil
import pytest
from cluster_calls import begin, begun, die, die_once, from_a_process

from datasets.errors import UserError
from pipelines.system.cluster import cluster_workers

distributed = pytest.importorskip("distributed")


def test_each_worker_is_begun_and_calls_go_to_both(address, tmp_path):
    with cluster_workers(address, [tmp_path], begin, "word") as workers:
        assert workers.count == 2
        calls = [workers.pool.submit(begun, number) for number in range(20)]
        results = [call.result() for call in calls]
    assert [each[:3] for each in results] == [["word", 2, number] for number in range(20)]
    assert os.getpid() not in {each[3] for each in results}


def test_relative_paths_mean_what_they_mean_here(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with cluster_workers(address, [Path()], begin, "word") as workers:
        assert workers.pool.submit(os.getcwd).result() == str(tmp_path)
    monkeypatch.undo()
    with cluster_workers(address, [tmp_path], begin, "word") as workers:
        assert workers.pool.submit(os.getcwd).result() == str(Path.cwd())


def test_the_call_of_a_worker_that_dies_is_done_by_another_that_is_begun_too(address, tmp_path):
    with cluster_workers(address, [tmp_path], begin, "again") as workers:
        assert workers.pool.submit(die_once, tmp_path / "died").result() == ["again", 2, "died"]


def test_workers_start_processes_which_end_with_a_worker_that_dies(address, tmp_path):
    with cluster_workers(address, [tmp_path], begin, "word") as workers:
        place = tmp_path / "first"
        worker, process = workers.pool.submit(from_a_process, place).result()
        assert worker != process
        left = int(place.read_text())
        until = time.monotonic() + 30
        while psutil.pid_exists(left) and time.monotonic() < until:
            time.sleep(0.05)
        assert not psutil.pid_exists(left)


def test_a_call_that_kills_every_worker_ends_with_a_sentence(address, tmp_path):
    with (
        pytest.raises(UserError, match="more memory"),
        cluster_workers(address, [tmp_path], begin, "word") as workers,
    ):
        workers.pool.submit(die).result()


def test_a_folder_that_workers_do_not_see_is_named(address, tmp_path):
    missing = tmp_path / "missing"
    with (
        pytest.raises(UserError, match=r"missing is not there; share that folder"),
        cluster_workers(address, [missing], begin, "word"),
    ):
        pass


def test_whoever_stops_does_not_wait_for_workers(address, tmp_path):
    def stop():
        with cluster_workers(address, [tmp_path], begin, "word") as workers:
            wait([workers.pool.submit(time.sleep, 3600)], timeout=0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # a test that waited for it would never end
        stop()


def test_a_cluster_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("pipelines.system.cluster.PATIENCE", 0.5)
    with (
        pytest.raises(UserError, match=r"tcp://127\.0\.0\.1:9: can't be reached"),
        cluster_workers("tcp://127.0.0.1:9", [tmp_path], begin, "word"),
    ):
        pass


def test_workers_of_several_threads_are_refused(tmp_path):
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as cluster,
        pytest.raises(UserError, match="--nthreads 1"),
        cluster_workers(cluster.scheduler_address, [tmp_path], begin, "word"),
    ):
        pass
