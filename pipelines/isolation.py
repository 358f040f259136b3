"""A function in a new process of its own, so that its memory, threads and device are its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
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
    context = multiprocessing.get_context("spawn")
    answers, answer = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(answer, function, arguments))
    process.start()
    answer.close()
    try:
        good, value = answers.recv()
    except EOFError as error:
        process.join()
        raise UserError(
            f"the process of {function.__name__} was killed (exit {process.exitcode}); most "
            "likely the memory was full: close other programs or give a smaller --image-size"
        ) from error
    except KeyboardInterrupt:
        process.join(GRACE)
        raise
    finally:
        if process.is_alive() and not answers.closed:
            answers.close()
        process.terminate()
        process.join()
    if good:
        result: R = value
        return result
    raise value


def _answer(answer: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    end_with_parent()
    try:
        answer.send((True, function(*arguments)))
    except (Exception, KeyboardInterrupt) as error:
        answer.send((False, error))


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it has ended, however that was."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # nobody is left to answer, and --resume may already run elsewhere
