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

import psutil

from datasets.errors import UserError
from pipelines.runs.finished import Subject
from pipelines.studies.data.plan import PlannedTraining, SubsetResult
from pipelines.studies.data.trainings import SubsetTrainings
from pipelines.system import runtime
from pipelines.system.processes import end_with_parent

MEMORY_SHARE = 0.5  # of what is free, that all trainings together may take
_begun: list[SubsetTrainings] = []  # one, in a process that does nothing else


def at_once(subject: Subject) -> int:
    """Return how many trainings of a run's contenders this machine can do at a time.

    One a core as far as memory allows, and one where there is a GPU, which they would share.
    """
    networks = any(row.uses_tensorflow for row in subject.contenders)
    if networks and runtime.choose_device(subject.settings.device).is_gpu:
        return 1
    free_mb = psutil.virtual_memory().available / 2**20
    used = [figures.memory_mb for figures in subject.figures.values()]
    needed_mb = max((memory.peak_rss for memory in used if memory is not None), default=free_mb)
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
    _begun.append(SubsetTrainings(subject, threads))


def measure(planned: PlannedTraining) -> SubsetResult:
    """Return the result of a training, in one of `processes`."""
    return _begun[0].result(planned)
