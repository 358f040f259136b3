"""Trainings side by side: each process has cores of its own and does one training after another.

A small network learns hardly faster on two cores than on one, and so two trainings on a core each
are done in the time of one.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import psutil

from datasets.errors import UserError
from pipelines.studies.data.plan import PIPELINES, Key
from pipelines.studies.data.trainings import Trainings
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.processes import end_with_parent

MEMORY_SHARE = 0.5  # of what is free, that all trainings together may take
_begun: list[Trainings] = []  # one, in a process that does nothing else


def at_once(subject: Subject) -> int:
    """Return how many trainings of both pipelines this machine can do at a time.

    One a core as far as memory allows, and one where there is a GPU, which they would share.
    """
    if runtime.choose_device(subject.settings.device).is_gpu:
        return 1
    free_mb = psutil.virtual_memory().available / 2**20
    needed_mb = max(subject.pipelines[name]["memory_mb"]["peak_rss"] for name in PIPELINES)
    return max(1, min(runtime.usable_cores(), int(MEMORY_SHARE * free_mb / needed_mb)))


@contextmanager
def processes(subject: Subject, count: int) -> Iterator[Executor]:
    """Give so many processes in which `measure` works; they share this one's cores and its end.

    Raises:
        UserError: one was killed.
    """
    pool = ProcessPoolExecutor(
        count,
        multiprocessing.get_context("spawn"),
        _begin,
        (subject, max(1, runtime.usable_cores() // count)),
    )
    try:
        yield pool
    except BrokenProcessPool as error:
        raise UserError(
            "a training was killed; most likely the memory was full: close other programs and go "
            "on with --resume"
        ) from error
    except BaseException:  # nobody waits for what is being trained
        for child in multiprocessing.active_children():
            child.kill()
        raise
    finally:
        pool.shutdown()


def _begin(subject: Subject, threads: int) -> None:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's end is enough
    runtime.set_threads(threads)
    _begun.append(Trainings(subject, threads))


def measure(key: Key) -> dict[str, Any]:
    """Return the figures of a training, in one of `processes`."""
    return _begun[0].measure(key)
