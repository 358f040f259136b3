"""A function in a process with memory, threads and device of its own; and stopping a process."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar, cast

from datasets.errors import UserError
from datasets.processes import (
    KilledError,
    answer_to,
    called,
    end_with_parent,
    heed_interruptions,
    result_from,
    start,
)
from pipelines.system.interruptions import keep_interruptions
from pipelines.system.temporary import temporary_folder, use

R = TypeVar("R")
LEAST_FREE_BYTES = 2**20  # of a disk that is not full
GRACE = 2.0  # seconds in which a process that is stopped may tidy up
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def in_own_process(function: Callable[..., R], *arguments: Any) -> R:
    """Return ``function(*arguments)``, called in a freshly started interpreter.

    The process ends with this one, however this one ends, and so do its temporary files.

    No semaphore with a name is made for it, as an executor makes, which would be left where all
    processes of a run are killed at once.

    Raises:
        UserError: it was killed.
        KeyboardInterrupt: it was stopped.
        Exception: whatever the function raised.
    """
    spawn = multiprocessing.get_context("spawn")
    with temporary_folder() as place:
        results, given = spawn.Pipe(duplex=False)
        call = pickle.dumps(partial(function, *arguments))
        process = spawn.Process(target=_work, args=(place, given, call))
        try:
            start(process)
        except BrokenPipeError as error:
            raise _killed(function, place) from error
        given.close()  # now the pipe ends with the process
        try:
            return cast(R, result_from(results))
        except KilledError as error:
            raise _killed(function, place) from error
        except KeyboardInterrupt:
            process.join(GRACE)
            raise
        finally:  # at once: what a framework does at its end is of no use
            process.terminate()
            process.join()


def _work(place: Path, results: Connection, call: bytes) -> None:
    answer = answer_to(partial(_prepared, place, call))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to be interrupted
    results.send_bytes(answer)


def _prepared(place: Path, call: bytes) -> object:
    keep_interruptions()
    heed_interruptions()
    use(place)
    end_with_parent()
    return called(call)


def _killed(function: Callable[..., object], place: Path) -> UserError:
    return UserError(f"the process of {function.__name__} was killed; {likely_cause(place)}")


def likely_cause(place: Path) -> str:
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
