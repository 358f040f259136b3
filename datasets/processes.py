"""Other processes that do what this one asks, where threads would wait for Python.

They make no semaphore with a name, as `ProcessPoolExecutor` does, which would stay in the system's
memory where all processes of a run are killed at once.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, cast

from datasets.errors import UserError, came_of_interruption

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
LEAST_ITEMS = 10_000  # for which it is worth to start processes, half a second each
_AT_ONCE = 500  # items a process is given


class KilledError(Exception):
    """A process ended before it answered."""


def in_processes(function: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    """Yield ``function(item)`` of each item, in order, by that many processes.

    This process itself does it for few items, and where others can't be started or are killed.
    The function is one of a module and raises nothing.
    """
    done = 0
    if jobs > 1 and len(items) >= LEAST_ITEMS:
        parts = [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]
        # What was imported stays, and need not be looked through again and again.
        with suppress(KilledError, OSError), Processes(jobs, gc.freeze) as pool:
            for results in pool.map(partial(_each, function), parts):
                yield from results
                done += len(results)
    yield from map(function, items[done:])


def _each(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [function(item) for item in items]


class Processes(ThreadPoolExecutor):
    """Processes, each of which does one call after another while a thread here waits for it.

    They share this one's end, however that is. With the block they end at once: what is not done by
    then is not waited for.
    """

    def __init__(self, count: int, begin: Callable[..., object], *arguments: Any) -> None:
        """Start them; each calls ``begin(*arguments)`` first.

        Raises:
            OSError: the system starts no more.
        """
        super().__init__(count)
        spawn = multiprocessing.get_context("spawn")
        self._started: list[BaseProcess] = []
        self._free: SimpleQueue[Connection] = SimpleQueue()
        try:
            for _ in range(count):
                ours, theirs = spawn.Pipe()
                process = spawn.Process(target=_serve, args=(theirs, begin, arguments))
                start(process)
                self._started.append(process)
                theirs.close()  # now the pipe ends with the process
                self._free.put(ours)
        except BaseException:
            self.shutdown()
            raise

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a process call the function; a `KilledError` is raised where it ends before."""
        return super().submit(self._call, partial(fn, *args, **kwargs))

    def _call(self, function: Callable[[], R]) -> R:
        pipe = self._free.get()
        try:
            try:
                pipe.send_bytes(pickle.dumps(function))
            except OSError as error:
                raise KilledError from error
            return cast(R, result_from(pipe))
        finally:
            self._free.put(pipe)  # also of one that has ended: nobody may wait for it

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the processes."""
        for process in self._started:
            process.kill()
            process.join()
        super().shutdown(wait, cancel_futures=cancel_futures)


def _serve(pipe: Connection, begin: Callable[..., object], arguments: Sequence[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's end is enough
    end_with_parent()
    begin(*arguments)
    with suppress(EOFError, OSError):  # the parent's end
        while True:
            pipe.send_bytes(answer_to(partial(called, pipe.recv_bytes())))


def start(process: BaseProcess) -> None:
    """Start a process that Ctrl-C, which reaches both, can't interrupt before `heed_interruptions`.

    While it imports that would be shown as a traceback.

    Raises:
        OSError: the system starts no more, or it was killed at once.
    """
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    resource_tracker.ensure_running()  # which lets interruptions through when it begins
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def heed_interruptions() -> None:
    """Let Ctrl-C interrupt this process, which was started by `start`."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def called(call: bytes) -> object:
    """Return what a call gives that this process's parent has pickled."""
    return pickle.loads(call)()  # noqa: S301


def answer_to(call: Callable[[], object]) -> bytes:
    """Return for `result_from` whether a call went well, with what it returned or raised."""
    try:
        return pickle.dumps((True, call()))
    except BaseException as raised:  # whatever it is, the other process raises it
        error = KeyboardInterrupt() if came_of_interruption(raised) else raised
        error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
        return pickle.dumps((False, _that_travels(error)))


def _that_travels(error: BaseException) -> BaseException:
    """Return the error, or one of the same words where it can't be pickled or read again."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # its own way to be pickled may fail in any way
        is_users = isinstance(error, UserError)
        other = UserError(str(error)) if is_users else RuntimeError(f"{type(error)}: {error}")
        for note in error.__notes__:
            other.add_note(note)
        return other
    return error


def result_from(pipe: Connection) -> Any:
    """Return what the call returned that a process, which this one started, has answered.

    Raises:
        KilledError: it ended before.
        BaseException: whatever the call raised.
    """
    try:
        answer = pipe.recv_bytes()
    except (EOFError, OSError) as error:  # before an answer, or within
        raise KilledError from error
    is_good, result = pickle.loads(answer)  # noqa: S301
    if is_good:
        return result
    raise result


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it has ended, however that was."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)  # nobody is left to return to, and --resume may already run elsewhere
