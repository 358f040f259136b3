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


class OddError(Exception):
    """One that can be pickled, but not read again."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def raise_odd():
    raise OddError("neither", "nor")


def raise_with_a_lock():
    error = UserError("take another")
    error.lock = threading.Lock()
    raise error


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [(raise_odd, RuntimeError, "OddError.*neither nor"), (raise_with_a_lock, UserError, "another")],
)
def test_an_error_that_can_not_be_sent_back_is_one_of_its_words(function, kind, words):
    with pytest.raises(kind, match=words) as caught:
        in_own_process(function)
    assert function.__name__ in caught.value.__notes__[0]


def test_ctrl_c_reaches_a_process_that_works():
    assert signal.SIGINT not in in_own_process(signal.pthread_sigmask, signal.SIG_BLOCK, [])


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
