"""Trainings side by side: each process has cores of its own and does one training after another.

A small network learns hardly faster on two cores than on one, and so two trainings on a core each
are done in the time of one.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import psutil

from datasets.progress import Track
from pipelines import runtime
from pipelines.isolation import ProcessDiedError, end_with_parent
from pipelines.studies.cells import Cells
from pipelines.studies.data_plan import PIPELINES, Costs, Key
from pipelines.studies.subject import Subject
from pipelines.studies.trainings import Trainings

MEMORY_SHARE = 0.5  # of what is free, that all trainings together may take
Measure = Callable[[Key], dict[str, Any]]
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
        ProcessDiedError: one was killed.
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
        raise ProcessDiedError(
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


def measured(
    wanted: Sequence[Key],
    measure: Measure,
    costs: Costs,
    cells: Cells,
    track: Track,
    pool: Executor,
    at_once: int,
) -> dict[Key, dict[str, Any]]:
    """Return the figures of all trainings there is time for, in the order wanted.

    What is expected of a training follows what those before it took. At first each is expected to
    take as long as all cores would take for as many as there are at once.

    Args:
        wanted: trainings, the most important first.
        measure: does one.
        costs: what they take on all cores.
        cells: where they are kept, and how long all may take.
        track: watches them.
        pool: where ``measure`` is called.
        at_once: so many at a time.
    """
    found: dict[Key, dict[str, Any]] = {}
    taken = {name: [0.0, 0.0] for name in PIPELINES}  # as it was, and as it was expected
    now = ["data: trainings"]

    def expected(key: Key) -> float:
        real, guessed = taken[key.pipeline]
        return at_once * costs.expected(key) * (real / guessed if guessed else 1.0)

    def note(key: Key, seconds: float) -> None:
        real, guessed = taken[key.pipeline]
        taken[key.pipeline] = [real + seconds, guessed + at_once * costs.expected(key)]

    def kept() -> Iterator[Key]:
        for key in wanted:
            before = cells.spent
            result = cells.kept(key.name)
            if result is not None:
                found[key] = result
                note(key, at_once * (cells.spent - before))
                yield key

    def each() -> Iterator[Key]:
        yield from kept()
        waiting = deque(key for key in wanted if key not in found)
        running: dict[Future[tuple[float, dict[str, Any]]], Key] = {}
        gone, started = cells.spent, time.monotonic()
        while waiting or running:
            while waiting and len(running) < at_once:
                key = waiting.popleft()
                if gone + time.monotonic() - started + expected(key) > cells.seconds:
                    cells.left_out.append(key.name)
                    yield key
                    continue
                now[0] = f"data: {key.pipeline}, {key.images} images, seed {key.seed}"
                running[pool.submit(_timed, measure, key)] = key
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key = running.pop(future)
                seconds, found[key] = future.result()
                cells.keep(key.name, seconds / at_once, found[key])
                note(key, seconds)
                yield key

    for _ in track(each(), lambda: now[0], len(wanted)):
        pass
    return {key: found[key] for key in wanted if key in found}


def _timed(measure: Measure, key: Key) -> tuple[float, dict[str, Any]]:
    started = time.monotonic()
    result = measure(key)
    return time.monotonic() - started, result
