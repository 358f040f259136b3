"""Whether the machine is as quick as it was: the same fixed work, timed at several moments.

A processor that gets hot slows down, and what else runs takes its share of the cores. Neither shows
in the time of a training or a call, but the fixed work then takes longer as well.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np

from pipelines.system.runtime import usable_cores

NUMBERS = 2**15  # fit the cache of a core
ROUNDS = 12  # of computing with them: 15 ms, more or less
REPEATED = 3  # the median counts: a moment's hiccup is none of the machine's pace
MOST_CORES = 4


class Moment(msgspec.Struct, frozen=True):
    """How the fixed work went at one moment, on several cores at the same time.

    Attributes:
        milliseconds: by the clock, until all cores were done.
        own_share: of the cores' time meanwhile the share that was this process's, 0 to 1.
    """

    milliseconds: float
    own_share: float


def pace_now() -> Moment:
    """Return how the fixed work goes now, which takes about 50 ms."""
    cores = min(usable_cores(), MOST_CORES)
    with ThreadPoolExecutor(cores) as pool:
        each = [_timed(pool, cores) for _ in range(REPEATED)]
    return sorted(each, key=lambda moment: moment.milliseconds)[REPEATED // 2]


def times_slower(moments: Sequence[Moment], every: Sequence[Moment]) -> float:
    """Return how many times slower the slowest of some moments was than the quickest of all."""
    return max(m.milliseconds for m in moments) / min(m.milliseconds for m in every)


def _timed(pool: ThreadPoolExecutor, cores: int) -> Moment:
    started = time.perf_counter()
    worked = sum(pool.map(_worked, [ROUNDS] * cores))
    seconds = time.perf_counter() - started
    return Moment(1000 * seconds, min(worked / (cores * seconds), 1.0))


def _worked(rounds: int) -> float:
    """Do the fixed work in this thread; NumPy lets the others work. Return the CPU's seconds."""
    started = time.thread_time()
    values = np.random.default_rng(0).random(NUMBERS)
    for _ in range(rounds):
        values = np.abs(np.sin(1000 * np.sort(values)))
    return time.thread_time() - started
