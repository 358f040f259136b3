import multiprocessing
import multiprocessing.synchronize
import os
import pickle
import signal

import pytest

from datasets import processes
from datasets.processes import KilledError, Processes, answer_to, in_processes, start


def number_and_process(text):
    return int(text), os.getpid()


def killed_unless_here(process):
    if os.getpid() != process:
        signal.raise_signal(signal.SIGKILL)
    return process


@pytest.fixture(autouse=True)
def without_semaphores(monkeypatch):
    """One with a name would stay in the system's memory where all are killed at once."""

    def made(*given, **named):
        raise AssertionError("a semaphore with a name")

    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", made)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(processes, "LEAST_ITEMS", 2)
    monkeypatch.setattr(processes, "_AT_ONCE", 3)


def test_other_processes_give_results_in_order(few):
    numbers, workers = zip(
        *in_processes(number_and_process, [*map(str, range(10))], 2), strict=True
    )
    assert numbers == (*range(10),)
    assert os.getpid() not in workers


def test_what_others_can_not_do_this_process_does(few):
    assert [*in_processes(killed_unless_here, [os.getpid()] * 5, 2)] == [os.getpid()] * 5


def test_few_items_start_no_process():
    assert {process for _, process in in_processes(number_and_process, "12", 2)} == {os.getpid()}


def test_what_is_raised_there_is_raised_here_and_the_process_goes_on():
    with Processes(1, abs, 0) as pool:
        with pytest.raises(ValueError, match="invalid literal"):
            pool.submit(int, "no number").result()
        assert pool.submit(int, "7").result() == 7


def test_nobody_waits_for_a_process_that_was_killed():
    with Processes(1, abs, 0) as pool:
        calls = [pool.submit(os._exit, 1), pool.submit(abs, -1)]
        for call in calls:
            with pytest.raises(KilledError):
                call.result()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no such masks")
def test_a_process_that_begins_is_not_interrupted():
    class Process:
        def start(self):
            self.deaf_to = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    process = Process()
    start(process)
    assert signal.SIGINT in process.deaf_to
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_what_an_interruption_led_to_travels_as_one():
    def interrupted():
        raise ImportError("initialization failed") from KeyboardInterrupt()

    is_good, error = pickle.loads(answer_to(interrupted))  # noqa: S301
    assert not is_good
    assert type(error) is KeyboardInterrupt
