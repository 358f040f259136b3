"""A function in a process with memory, threads and device of its own; and stopping a process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from types import FrameType
from typing import Any, TypeVar

from datasets.errors import UserError

R = TypeVar("R")
GRACE = 2.0  # seconds in which a process that is stopped may tidy up
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def in_own_process(function: Callable[..., R], *arguments: Any) -> R:
    """Return ``function(*arguments)``, called in a freshly started interpreter.

    The process ends with this one, however this one ends.

    Raises:
        UserError: it was killed.
        KeyboardInterrupt: it was stopped.
        Exception: whatever the function raised.
    """
    others = set(multiprocessing.active_children())
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=end_with_parent) as pool:
        future = pool.submit(function, *arguments)
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise UserError(
                f"the process of {function.__name__} was killed; most likely the memory was full: "
                "close other programs or give a smaller --image-size"
            ) from error
        except KeyboardInterrupt:
            wait([future], GRACE)
            raise
        finally:  # at once: what a framework does at its end is of no use
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it has ended, however that was."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)  # nobody is left to return to, and --resume may already run elsewhere


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
