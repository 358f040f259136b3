"""Trainings side by side and within their time, each kept in a cell of its own when done.

Each process has cores of its own and does one training after another: a small network learns hardly
faster on two cores than on one, and so two trainings on a core each are done in the time of one.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import psutil

from datasets.annotations import Dataset
from datasets.errors import UserError
from datasets.processes import KilledError, Processes
from datasets.progress import Track
from pipelines.contenders import Contender
from pipelines.runs.cells import Cells
from pipelines.system import runtime
from pipelines.system.cluster import Workers, cluster_workers
from pipelines.system.processes import likely_cause

MEMORY_SHARE = 0.5  # of what is free, that all trainings together may take


class Planned(Hashable, Protocol):
    """A training that is planned."""

    @property
    def name(self) -> str:
        """What its cell is called."""
        ...

    @property
    def pipeline(self) -> str:
        """Whose training it is."""
        ...

    @property
    def title(self) -> str:
        """What is shown while it goes on."""
        ...


P = TypeVar("P", bound=Planned)
T = TypeVar("T")
R = TypeVar("R")
A = ParamSpec("A")


def trained_side_by_side(
    subject: str,
    wanted: Sequence[P],
    kind: type[R],
    train: Callable[[P], R],
    cost: Callable[[P], float],
    cells: Cells,
    track: Track,
    pool: Executor,
    at_once: int,
) -> dict[P, R]:
    """Return the results of all trainings there is time for, in the order wanted.

    What is expected of a training follows what those before it took. At first each is expected to
    take as long as all cores would take for as many as there are at once.

    Args:
        subject: what they are trained for, in a word.
        wanted: trainings, the most important first.
        kind: of a result; JSON can hold it.
        train: does one, called in the pool for so many at once.
        cost: the seconds that one takes on all cores, roughly; finite.
        cells: where they are kept, and how long all may take.
        track: watches those not kept.
        pool: of processes or threads.
        at_once: how many.
    """
    results: dict[P, R] = {}
    taken: dict[str, float] = defaultdict(float)  # seconds by contender, as it was
    estimated: dict[str, float] = defaultdict(float)  # and as it was estimated

    def expected(planned: P) -> float:
        name = planned.pipeline
        ratio = taken[name] / estimated[name] if estimated[name] else 1.0
        return at_once * cost(planned) * ratio

    def note(planned: P, seconds: float) -> None:
        taken[planned.pipeline] += seconds
        estimated[planned.pipeline] += at_once * cost(planned)

    for planned in wanted:
        before = cells.spent
        kept = cells.kept(planned.name, kind)
        if kept is not None:
            results[planned] = kept
            note(planned, at_once * (cells.spent - before))
    waiting = deque(planned for planned in wanted if planned not in results)
    gone, started = cells.spent, time.monotonic()
    # a bar knows the time left from what is done: nothing, until the first training ends
    most = min(cells.seconds - gone, sum(map(expected, waiting)) / at_once)
    now = [f"{subject}: trainings, up to {max(0, ceil(most / 60))} min"]

    def fits(planned: P) -> bool:
        if gone + time.monotonic() - started + expected(planned) > cells.seconds:
            return False
        now[0] = f"{subject}: {planned.title}"
        return True

    def each() -> Iterator[P]:
        done = as_done(waiting, partial(_timed, train), pool, at_once, fits)
        for planned, outcome in done:
            if outcome is None:
                cells.left_out.append(planned.name)
            else:
                seconds, results[planned] = outcome
                cells.keep(planned.name, seconds / at_once, results[planned])
                note(planned, seconds)
            yield planned

    for _ in track(each(), lambda: now[0], len(waiting)):
        pass
    return {planned: results[planned] for planned in wanted if planned in results}


def as_done(
    waiting: deque[T],
    work: Callable[[T], R],
    pool: Executor,
    at_once: int,
    fits: Callable[[T], bool] = lambda _: True,
) -> Iterator[tuple[T, R | None]]:
    """Yield everything that waits with what work on it gave, whatever is done first.

    Meanwhile more may be put among what waits. What does not fit when its turn comes is yielded
    with None.

    Args:
        waiting: from which is taken, the first first.
        work: called in the pool for so many at once.
        pool: of processes or threads.
        at_once: how many.
        fits: says whether to work on it, and is asked just before.
    """
    running: dict[Future[R], T] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            one = waiting.popleft()
            if fits(one):
                running[pool.submit(work, one)] = one
            else:
                yield one, None
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _timed(train: Callable[[P], R], planned: P) -> tuple[float, R]:
    started = time.monotonic()
    result = train(planned)
    return time.monotonic() - started, result


def most_at_once(contenders: Sequence[Contender], device: str, needed_mb: float) -> int:
    """Return how many trainings, of so much memory each, this machine can do at a time.

    One a core as far as memory allows, and one where there is a GPU, which they would share.
    """
    networks = any(row.uses_tensorflow for row in contenders)
    if networks and runtime.choose_device(device).is_gpu:
        return 1
    free_mb = psutil.virtual_memory().available / 2**20
    return max(1, min(runtime.usable_cores(), int(MEMORY_SHARE * free_mb / needed_mb)))


class ThisProcess(Executor):
    """Does each call at once and in this process; what the call raises, `submit` raises."""

    def submit(self, fn: Callable[A, R], /, *args: A.args, **kwargs: A.kwargs) -> Future[R]:
        """Call the function."""
        done: Future[R] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def shared_with_workers(folder: Path, dataset: Dataset) -> list[Path]:
    """Return what the workers of a cluster must see to train on a set and write into a folder.

    Where the folder is not there yet that is the nearest above it; of the set it is an image.
    """
    place = folder.absolute()
    there = next(each for each in (place, *place.parents) if each.exists())
    images = next((split for split in dataset.splits.values() if split), ())
    return [there, *(image.path for image in images[:1])]


@contextmanager
def training_workers(
    cluster: str | None,
    shared: Sequence[Path],
    at_once: Callable[[], int],
    begin: Callable[..., object],
    *arguments: Any,
) -> Iterator[Workers]:
    """Give a cluster's workers, or processes of this machine, each begun so.

    Args:
        cluster: address of a Dask cluster, None for this machine.
        shared: what a cluster's workers must see as this machine does.
        at_once: says how many trainings this machine can do at a time.
        begin: a function of a module, given also how many share a machine's cores.
        arguments: what can be pickled.

    Raises:
        UserError: one was killed, or the cluster can't be used.
    """
    if cluster is not None:
        with cluster_workers(cluster, shared, begin, *arguments) as workers:
            yield workers
    else:
        count = at_once()
        with training_processes(count, begin, *arguments, count) as pool:
            yield Workers(pool, count)


@contextmanager
def training_processes(
    count: int, begin: Callable[..., object], *arguments: Any
) -> Iterator[Executor]:
    """Give so many processes, each begun so; they share this one's cores and its end.

    Raises:
        UserError: one was killed.
    """
    try:
        with Processes(count, begin, *arguments) as pool:
            yield pool
    except KilledError as error:
        cause = likely_cause(Path(tempfile.gettempdir()))
        raise UserError(f"a training was killed; {cause}; then go on with --resume") from error
