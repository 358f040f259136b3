"""Which of the planned trainings are done, and when, side by side and within their time.

Each process has cores of its own and does one training after another: a small network learns hardly
faster on two cores than on one, and so two trainings on a core each are done in the time of one.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from math import ceil
from pathlib import Path

import psutil

from datasets.errors import UserError
from datasets.processes import KilledError, Processes
from datasets.progress import Track
from pipelines.runs.finished import Subject
from pipelines.studies.common.cells import Cells
from pipelines.studies.data.plan import PlannedTraining, SubsetResult, TrainingCosts
from pipelines.studies.data.trainings import SubsetTrainings
from pipelines.system import runtime
from pipelines.system.processes import likely_cause

Measure = Callable[[PlannedTraining], SubsetResult]
MEMORY_SHARE = 0.5  # of what is free, that all trainings together may take
_begun: list[SubsetTrainings] = []  # one, in a process that does nothing else


def measured(
    wanted: Sequence[PlannedTraining],
    measure: Measure,
    costs: TrainingCosts,
    cells: Cells,
    track: Track,
    pool: Executor,
    at_once: int,
) -> dict[PlannedTraining, SubsetResult]:
    """Return the results of all trainings there is time for, in the order wanted.

    What is expected of a training follows what those before it took. At first each is expected to
    take as long as all cores would take for as many as there are at once.

    Args:
        wanted: trainings, the most important first.
        measure: does one, called in the pool for so many at once.
        costs: what they take on all cores.
        cells: where they are kept, and how long all may take.
        track: watches those not kept.
        pool: of processes or threads.
        at_once: how many.
    """
    results: dict[PlannedTraining, SubsetResult] = {}
    taken: dict[str, float] = defaultdict(float)  # seconds by contender, as it was
    estimated: dict[str, float] = defaultdict(float)  # and as it was estimated

    def expected(planned: PlannedTraining) -> float:
        name = planned.pipeline
        ratio = taken[name] / estimated[name] if estimated[name] else 1.0
        return at_once * costs.expected(planned) * ratio

    def note(planned: PlannedTraining, seconds: float) -> None:
        taken[planned.pipeline] += seconds
        estimated[planned.pipeline] += at_once * costs.expected(planned)

    for planned in wanted:
        before = cells.spent
        kept = cells.kept(planned.name, SubsetResult)
        if kept is not None:
            results[planned] = kept
            note(planned, at_once * (cells.spent - before))
    waiting = deque(planned for planned in wanted if planned not in results)
    gone, started = cells.spent, time.monotonic()
    # a bar knows the time left from what is done: nothing, until the first training ends
    most = min(cells.seconds - gone, sum(map(expected, waiting)) / at_once)
    now = [f"data: trainings, up to {max(0, ceil(most / 60))} min"]

    def each() -> Iterator[PlannedTraining]:
        running: dict[Future[tuple[float, SubsetResult]], PlannedTraining] = {}
        while waiting or running:
            while waiting and len(running) < at_once:
                planned = waiting.popleft()
                if gone + time.monotonic() - started + expected(planned) > cells.seconds:
                    cells.left_out.append(planned.name)
                    yield planned
                    continue
                now[0] = f"data: {planned.pipeline}, {planned.images} images, seed {planned.seed}"
                running[pool.submit(_timed, measure, planned)] = planned
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                planned = running.pop(future)
                seconds, results[planned] = future.result()
                cells.keep(planned.name, seconds / at_once, results[planned])
                note(planned, seconds)
                yield planned

    for _ in track(each(), lambda: now[0], len(waiting)):
        pass
    return {planned: results[planned] for planned in wanted if planned in results}


def _timed(measure: Measure, planned: PlannedTraining) -> tuple[float, SubsetResult]:
    started = time.monotonic()
    result = measure(planned)
    return time.monotonic() - started, result


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
    threads = max(1, runtime.usable_cores() // count)
    try:
        with Processes(count, _begin, subject, threads) as pool:
            yield pool
    except KilledError as error:
        cause = likely_cause(Path(tempfile.gettempdir()))
        raise UserError(f"a training was killed; {cause}; then go on with --resume") from error


def _begin(subject: Subject, threads: int) -> None:
    runtime.set_threads(threads)
    _begun.append(SubsetTrainings(subject, threads))


def measure(planned: PlannedTraining) -> SubsetResult:
    """Return the result of a training, in one of `processes`."""
    return _begun[0].result(planned)
