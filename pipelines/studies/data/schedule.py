"""Which of the planned trainings are done, side by side and within their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial

import psutil

from datasets.progress import Track
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.runs.side_by_side import (
    most_at_once,
    shared_with_workers,
    trained_side_by_side,
    training_workers,
)
from pipelines.studies.data.plan import PlannedTraining, SubsetResult, TrainingCosts
from pipelines.studies.data.trainings import SubsetTrainings
from pipelines.system import runtime
from pipelines.system.cluster import Workers

Measure = Callable[[PlannedTraining], SubsetResult]
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

    ``costs`` are what they take on all cores; the other arguments are those of
    `trained_side_by_side`.
    """
    return trained_side_by_side(
        *("data", wanted, SubsetResult, measure, costs.expected, cells, track, pool, at_once)
    )


def at_once(subject: Subject) -> int:
    """Return how many trainings of a run's contenders this machine can do at a time."""
    used = [figures.memory_mb for figures in subject.figures.values()]
    free_mb = psutil.virtual_memory().available / 2**20
    needed_mb = max((memory.peak_rss for memory in used if memory is not None), default=free_mb)
    return most_at_once(subject.contenders, subject.settings.device, needed_mb)


@contextmanager
def workers(subject: Subject) -> Iterator[Workers]:
    """Give that in which `measure` works: the subject's cluster, or processes of this machine.

    Raises:
        UserError: one was killed, or the cluster can't be used.
    """
    shared = shared_with_workers(subject.folder, subject.dataset)
    count = partial(at_once, subject)
    with training_workers(subject.cluster, shared, count, _begin, subject) as given:
        yield given


def _begin(subject: Subject, share: int) -> None:
    """Begin a process, of so many that share the cores of a machine."""
    threads = max(1, runtime.usable_cores() // share)
    runtime.set_threads(threads)
    _begun[:] = [SubsetTrainings(subject, threads)]


def measure(planned: PlannedTraining) -> SubsetResult:
    """Return the result of a training, in one of `workers`."""
    return _begun[0].result(planned)
