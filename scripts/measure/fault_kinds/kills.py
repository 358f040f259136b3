"""Runs that are killed at any moment and go on: with equal figures, and nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from scripts.measure.fault_kinds.cases import Case
from scripts.measure.fault_kinds.tiny import done, ended, figures, files_of, main_job, started

KIND, LAST = "kills", "kills during the last renames"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TARGETS = ("main", "child", "group")
LAST_SHARE = 0.2  # of the kills
LAST_SECONDS = 0.15  # that the last renames take at most
POLL_SECONDS = 0.002
ORPHAN_SECONDS = 0.5  # in which children end with what started them
ATTEMPTS = 4  # of going on, until a run is whole


def kill_cases(
    shared: Path, seconds: float, count: int, seed: int, *, networks: bool
) -> Iterator[Case]:
    """Yield that many kills by chance of runs that take so many seconds.

    ``shared`` has the set, and a whole run of it. Each fifth is during the last renames, of which
    every second replaces a run.
    """
    for number in range(count):
        chance = random.Random(seed + number)  # noqa: S311 - no secret
        is_last = number % round(1 / LAST_SHARE) == 0
        target, which = chance.choice(TARGETS), chance.choice(SIGNALS)
        after = chance.uniform(0, LAST_SECONDS if is_last else seconds)
        name = f"{number}: {which.name} to {target}, {after:.3f} s"
        moment = partial(_last_moment if is_last else _moment, after)
        is_over = is_last and number % 2 == 0
        attempt = partial(_killed, shared, target, which, moment, networks, is_over)
        yield Case(LAST if is_last else KIND, name, attempt)


def _moment(after: float, place: Path) -> None:
    """Wait so many seconds."""
    del place
    time.sleep(after)


def _last_moment(after: float, place: Path) -> None:
    """Wait so many seconds from when the report is written, the last before the renames."""
    report = place / "run.partial" / "report.html"
    while not report.exists() and psutil.pid_exists(_pid(place)):
        time.sleep(POLL_SECONDS)
    time.sleep(after)


def _pid(place: Path) -> int:
    return int((place / "pid").read_text())


def _killed(
    shared: Path,
    target: str,
    which: signal.Signals,
    moment: Callable[[Path], None],
    networks: bool,
    is_over: bool,
    place: Path,
) -> str:
    whole = shared / "whole"
    shutil.copytree(shared / "set", place / "set")
    if is_over:
        shutil.copytree(whole, place / "run")
    before = figures(place / "run") if is_over else None
    more = ["--overwrite"] if is_over else []
    process = started(main_job(place, *more, networks=networks), place)
    (place / "pid").write_text(str(process.pid))
    moment(place)
    _send(process.pid, target, which)
    result = ended(process)
    (place / "pid").unlink()
    if which != signal.SIGKILL and target == "main" and result.wrong:
        return f"when stopped: {result.wrong}"
    return (
        _orphans(place)
        or (_lost(place, before) if is_over else "")
        or _gone_on(place, networks=networks)
        or _unlike(place, whole, networks=networks)
    )


def _orphans(place: Path) -> str:
    """Return what goes on though the process that started it has ended."""
    time.sleep(ORPHAN_SECONDS)
    orphans = _processes_in(place)
    return f"{len(orphans)} processes go on" if orphans else ""


def _lost(place: Path, before: Any) -> str:
    """Return what is wrong with the run that was to be replaced."""
    if (place / "run" / "metrics.json").is_file():
        return "" if figures(place / "run") == before else "the run before has other figures"
    kept = list(place.glob(".run.*.partial/earlier/metrics.json"))
    return "" if kept else "the run before is lost"


def _gone_on(place: Path, *, networks: bool) -> str:
    """Go on with the run until it is whole, and return why it can't."""
    for _ in range(ATTEMPTS):
        result = done(main_job(place, "--resume", networks=networks), place)
        if result.status == 0:
            return ""
    return f"can't go on: {result.text.splitlines()[-1]}"


def _unlike(place: Path, whole: Path, *, networks: bool) -> str:
    """Return in what the run differs from one that was left alone, and what else is left."""
    if not networks and figures(place / "run") != figures(whole):
        return "other figures"
    if strange := files_of(place / "run") ^ files_of(whole):
        return f"other files: {', '.join(sorted(strange)[:3])}"
    left = {each.name for each in place.iterdir()} - {"set", "run", "tmp"}
    left |= {each.name for each in (place / "tmp").iterdir()}
    return f"left: {', '.join(sorted(left))}" if left else ""


def _send(pid: int, target: str, which: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess, ProcessLookupError, IndexError):
        if target == "group":
            os.killpg(pid, which)
        elif target == "main":
            os.kill(pid, which)
        else:
            children = psutil.Process(pid).children(recursive=True)
            children[-1].send_signal(which)


def _processes_in(place: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(place.resolve()):
                found.append(process.pid)
    return found
