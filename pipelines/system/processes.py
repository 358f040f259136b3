"""A function in a process with memory, threads and device of its own; and stopping a process."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from datasets.errors import UserError
from datasets.processes import end_with_parent
from pipelines.system.temporary import temporary_folder, use

R = TypeVar("R")
LEAST_FREE_BYTES = 2**20  # of a disk that is not full
GRACE = 2.0  # seconds in which a process that is stopped may tidy up
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def in_own_process(function: Callable[..., R], *arguments: Any) -> R:
    """Return ``function(*arguments)``, called in a freshly started interpreter.

    The process ends with this one, however this one ends, and so do its temporary files.

    Raises:
        UserError: it was killed.
        KeyboardInterrupt: it was stopped.
        Exception: whatever the function raised.
    """
    others = set(multiprocessing.active_children())
    spawn = multiprocessing.get_context("spawn")
    with (
        temporary_folder() as place,
        ProcessPoolExecutor(1, spawn, initializer=_begin, initargs=(place,)) as pool,
    ):
        future = pool.submit(function, *arguments)
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise UserError(
                f"the process of {function.__name__} was killed; {_likely_cause(place)}"
            ) from error
        except KeyboardInterrupt:
            wait([future], GRACE)
            raise
        finally:  # at once: what a framework does at its end is of no use
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()


def _begin(place: Path) -> None:
    use(place)
    end_with_parent()


def _likely_cause(place: Path) -> str:
    """Return why the system most likely killed a process whose temporary folder that is."""
    if shutil.disk_usage(place).free < LEAST_FREE_BYTES:
        return f"the disk of {place.parent} is full: make room or set TMPDIR to another folder"
    return "most likely the memory was full: close other programs or give a smaller --image-size"


@contextmanager
def stop_at_a_good_moment() -> Iterator[Callable[[], bool]]:
    """Give a function that returns whether Ctrl-C or the system asked this process to stop.

    A second request is obeyed at once. Only the main thread of a process may use it.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del frame
        asked = True
        signal.signal(number, before[signal.Signals(number)])

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield lambda: asked
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])
