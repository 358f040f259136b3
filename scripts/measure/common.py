"""What the measuring scripts share: their data, detectors, costs, turns and tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pipelines.system import runtime

if TYPE_CHECKING:
    from pathlib import Path

    from datasets.annotations import Dataset
    from pipelines.detections import Detector
    from pipelines.system.runtime import Device

R = TypeVar("R")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of all cores, and the most memory the process has held so far."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def opened(name: str) -> Dataset:
    """Return the set of ``--dataset``."""
    from datasets.reading import read_dataset
    from pipelines.runs.data import dataset_folder

    return read_dataset(dataset_folder(name), jobs=runtime.usable_cores())


def loaded(name: str, folder: Path, device_name: str) -> tuple[Detector, Device]:
    """Return a contender's saved detector with all threads, and the device it works on."""
    from pipelines.contenders import contender

    threads = runtime.usable_cores()
    runtime.set_threads(threads, blas=1)
    device = runtime.choose_device(contender(name).device_choice(device_name))
    return contender(name).load(folder, device, threads), device


def costly(work: Callable[[], R]) -> tuple[R, Cost]:
    """Return what the work gives, and what it took."""
    started, worked = time.perf_counter(), time.process_time()
    result = work()
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
    return result, Cost(seconds, cpu_seconds, runtime.peak_rss_mb())


def in_turns(rounds: int, *works: Callable[[], R]) -> list[list[R]]:
    """Return each work's results; all take turns, so that a slow moment meets all of them."""
    turns = [[work() for work in works] for _ in range(rounds)]
    return [list(results) for results in zip(*turns, strict=True)]


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of figures; where nobody watches it is 120 characters wide."""
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(*(Column(name, justify="right") for name in columns), title=title)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
