"""Signals to a run's processes, and what goes on though it should have ended."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TARGETS = ("main", "child", "group")
ORPHAN_SECONDS = 5.0  # in which children end with what started them, on a machine that is busy


def send(pid: int, target: str, which: signal.Signals) -> None:
    """Send a signal to a process, one of its descendants by chance, or its whole group."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        if target == "group":
            os.killpg(pid, which)
        elif target == "main":
            os.kill(pid, which)
        elif children := psutil.Process(pid).children(recursive=True):
            random.Random(pid).choice(children).send_signal(which)  # noqa: S311 - no secret


def orphans(place: Path, seconds: float = ORPHAN_SECONDS) -> str:
    """Return what works in a folder though the process that started it has ended, in words."""
    until = time.monotonic() + seconds
    while found := _processes_in(place):
        if time.monotonic() > until:
            return f"{len(found)} processes go on"
        time.sleep(0.1)
    return ""


def _processes_in(place: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(place.resolve()):
                found.append(process.pid)
    return found
