"""A function in a new process of its own, so that its memory, threads and device are its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from datasets.errors import UserError

R = TypeVar("R")
GRACE = 2.0  # seconds in which a process that is stopped may tidy up


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
        answer = pool.submit(function, *arguments)
        try:
            return answer.result()
        except BrokenProcessPool as error:
            raise UserError(
                f"the process of {function.__name__} was killed; most likely the memory was full: "
                "close other programs or give a smaller --image-size"
            ) from error
        except KeyboardInterrupt:
            wait([answer], GRACE)
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
        os._exit(1)  # nobody is left to answer, and --resume may already run elsewhere
