"""Which of the planned trainings are done, and when, so that they end within their time."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from math import ceil

from datasets.progress import Track
from pipelines.studies.common.cells import Cells
from pipelines.studies.data.plan import PlannedTraining, SubsetResult, TrainingCosts

Measure = Callable[[PlannedTraining], SubsetResult]


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
        measure: does one.
        costs: what they take on all cores.
        cells: where they are kept, and how long all may take.
        track: watches those not kept.
        pool: where ``measure`` is called.
        at_once: so many at a time.
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
