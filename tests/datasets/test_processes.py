import os
import signal

import pytest

from datasets import processes
from datasets.processes import in_processes


def number_and_process(text):
    return int(text), os.getpid()


def killed_unless_here(process):
    if os.getpid() != process:
        signal.raise_signal(signal.SIGKILL)
    return process


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
