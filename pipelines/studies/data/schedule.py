"""Which of the planned trainings are done, and when, so that they end within their time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from math import ceil
from typing import Any

from datasets.progress import Track
from pipelines.studies.common.cells import Cells
from pipelines.studies.data.plan import PIPELINES, Costs, Key

Measure = Callable[[Key], dict[str, Any]]


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
        track: watches those not kept.
        pool: where ``measure`` is called.
        at_once: so many at a time.
    """
    found: dict[Key, dict[str, Any]] = {}
    taken = {name: [0.0, 0.0] for name in PIPELINES}  # as it was, and as it was expected

    def expected(key: Key) -> float:
        real, guessed = taken[key.pipeline]
        return at_once * costs.expected(key) * (real / guessed if guessed else 1.0)

    def note(key: Key, seconds: float) -> None:
        real, guessed = taken[key.pipeline]
        taken[key.pipeline] = [real + seconds, guessed + at_once * costs.expected(key)]

    for key in wanted:
        before = cells.spent
        result = cells.kept(key.name)
        if result is not None:
            found[key] = result
            note(key, at_once * (cells.spent - before))
    waiting = deque(key for key in wanted if key not in found)
    gone, started = cells.spent, time.monotonic()
    # a bar knows the time left from what is done: nothing, until the first training ends
    most = min(cells.seconds - gone, sum(map(expected, waiting)) / at_once)
    now = [f"data: trainings, up to {max(0, ceil(most / 60))} min"]

    def each() -> Iterator[Key]:
        running: dict[Future[tuple[float, dict[str, Any]]], Key] = {}
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

    for _ in track(each(), lambda: now[0], len(waiting)):
        pass
    return {key: found[key] for key in wanted if key in found}


def _timed(measure: Measure, key: Key) -> tuple[float, dict[str, Any]]:
    started = time.monotonic()
    result = measure(key)
    return time.monotonic() - started, result
