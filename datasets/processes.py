"""A function of very many items by processes on all cores, where threads would wait for Python."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
LEAST_ITEMS = 10_000  # for which it is worth to start processes, half a second each
_AT_ONCE = 500  # items a process is given


def in_processes(function: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    """Yield ``function(item)`` of each item, in order, by that many processes.

    This process itself does it for few items, and where others can't be started or are killed.
    The function is one of a module and raises nothing.
    """
    done = 0
    if jobs > 1 and len(items) >= LEAST_ITEMS:
        parts = [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(jobs, spawn, initializer=_begin)
        try:
            for results in pool.map(partial(_each, function), parts):
                yield from results
                done += len(results)
        except BrokenProcessPool:
            pass
        finally:
            pool.shutdown(cancel_futures=True)
    yield from map(function, items[done:])


def _each(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [function(item) for item in items]


def _begin() -> None:
    end_with_parent()
    gc.freeze()  # what was imported stays, and need not be looked through again and again
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's end is enough


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it has ended, however that was."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)  # nobody is left to return to, and --resume may already run elsewhere
