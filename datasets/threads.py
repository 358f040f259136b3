"""The same work on many things, spread over threads, its results in order.

Not joblib: its threads leave named semaphores in the system's memory where a run is killed with all
its processes, and it polls for results every 10 ms, longer than a small picture takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 8  # results a thread may be before whoever takes them


def in_order(
    items: Iterable[T], work: Callable[[T], R], threads: int, ahead: int | None = None
) -> Generator[R]:
    """Yield ``work(item)`` of each item in their order, worked out in threads a little ahead.

    At most ``ahead`` items more than there are threads are held beside the one that was yielded,
    `AHEAD` a thread where no number is given.
    """
    waiting: deque[Future[R]] = deque()
    most = threads + (AHEAD * threads if ahead is None else ahead)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
