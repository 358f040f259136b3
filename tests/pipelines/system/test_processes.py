import multiprocessing
import multiprocessing.synchronize
import os
import signal
import threading

import pytest

from datasets.errors import UserError
from pipelines.system.processes import in_own_process, stop_at_a_good_moment


def test_the_function_runs_in_another_process():
    assert in_own_process(os.getpid) != os.getpid()


def test_what_it_raises_arrives_here():
    with pytest.raises(ValueError, match="invalid literal"):
        in_own_process(int, "no number")


def test_what_can_not_be_sent_back_is_said():
    with pytest.raises(TypeError, match="pickle"):
        in_own_process(threading.Lock)


def test_what_all_processes_leave_when_they_are_killed_at_once_is_nothing(monkeypatch):
    """A semaphore with a name would stay in the system's memory until it is started again."""

    def made(*given, **named):
        raise AssertionError("a semaphore with a name")

    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", made)
    assert in_own_process(abs, -1) == 1


def test_a_killed_process_is_an_error_of_the_user():
    with pytest.raises(UserError, match="killed"):
        in_own_process(signal.raise_signal, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_to_stop_is_noted_and_the_second_obeyed(number):
    before = signal.signal(number, signal.default_int_handler)
    try:
        with stop_at_a_good_moment() as is_stopped:
            assert not is_stopped()
            os.kill(os.getpid(), number)
            assert is_stopped()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
