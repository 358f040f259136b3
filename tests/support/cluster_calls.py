"""What the workers of a cluster are asked in tests: they import it, as any function of a module."""

import os
import signal

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
