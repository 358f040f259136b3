import subprocess
import sys
import threading
import time

import pytest

from datasets.threads import in_order


@pytest.mark.parametrize("ahead", [1, 8])
def test_few_pictures_are_held_at_once_however_slow_the_reader(ahead):
    started, lock = [], threading.Lock()

    def work(number):
        with lock:
            started.append(number)
        return number

    seen = []
    for number in in_order(iter(range(50)), work, threads=2, ahead=ahead):
        time.sleep(0.001)
        seen.append(number)
        assert len(started) - len(seen) <= 2 + ahead
    assert seen == list(range(50))


def test_an_error_in_a_thread_is_not_lost():
    def work(number):
        if number == 3:
            raise ValueError("broken")
        return number

    with pytest.raises(ValueError, match="broken"):
        list(in_order(range(10), work, threads=2))


def test_threads_leave_nothing_in_the_systems_memory():
    """As joblib's do where all processes of a run are killed at once."""
    program = (
        "from multiprocessing import synchronize\n"
        "from datasets.threads import in_order\n"
        "synchronize.SemLock.__init__ = lambda *given, **named: 1 / 0\n"
        "assert list(in_order(range(9), abs, 2)) == list(range(9))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
