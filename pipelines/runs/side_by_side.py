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
from math import ceil
from pathlib import Path
from typing import Any, Protocol, TypeVar

import psutil

from datasets.errors import UserError
from datasets.processes import KilledError, Processes
from datasets.progress import Track
from pipelines.contenders import Contender
from pipelines.runs.cells import Cells
from pipelines.system import runtime
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
R = TypeVar("R")


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

    def each() -> Iterator[P]:
        running: dict[Future[tuple[float, R]], P] = {}
        while waiting or running:
            while waiting and len(running) < at_once:
                planned = waiting.popleft()
                if gone + time.monotonic() - started + expected(planned) > cells.seconds:
                    cells.left_out.append(planned.name)
                    yield planned
                    continue
                now[0] = f"{subject}: {planned.title}"
                running[pool.submit(_timed, train, planned)] = planned
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                planned = running.pop(future)
                seconds, results[planned] = future.result()
                cells.keep(planned.name, seconds / at_once, results[planned])
                note(planned, seconds)
                yield planned

    for _ in track(each(), lambda: now[0], len(waiting)):
        pass
    return {planned: results[planned] for planned in wanted if planned in results}


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
