"""What the workers of a cluster are asked in tests: they import it, as any function of a module."""

import os
import signal
import time

from pipelines.system.processes import in_own_process

BEGUN = []


def begin(word, share):
    BEGUN[:] = [word, share]


def begun(number):
    return [*BEGUN, number, os.getpid()]


def die_once(path):
    """Kill the worker the first time."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [*BEGUN, path.name]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def from_a_process(path):
    """Return this process's number and that of one it starts; the first time both are killed."""
    return os.getpid(), in_own_process(number_or_wait, os.getpid(), path)


def number_or_wait(worker, path):
    if not path.exists():
        path.write_text(str(os.getpid()))
        os.kill(worker, signal.SIGKILL)
        time.sleep(3600)
    return os.getpid()
