"""Runs that are killed at any moment and go on: with equal figures, and nothing left behind."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scripts.measure.fault_kinds.cases import Case
from scripts.measure.fault_kinds.moments import (
    LAST,
    has_own_process,
    parts,
    wait_for_child,
    wait_for_file,
)
from scripts.measure.fault_kinds.stopping import SIGNALS, TARGETS, orphans, send
from scripts.measure.fault_kinds.tiny import ended, figures, files_of, main_job, started
from scripts.measure.fault_kinds.whole_run import WholeRun

KIND, LAST_KIND = "kills", "kills during the last renames"
IN_THE_END, OF_A_NETWORK = 5, 4  # each such of the kills is during the last renames; in a network's
ATTEMPTS = 4  # of going on, until a run is whole


@dataclass(frozen=True)
class Kill:
    """How a run is killed.

    Attributes:
        target: main, child or group.
        part: of the run, in which it happens.
        after: seconds from the part's beginning.
        is_over: whether the run is to replace another.
    """

    target: str
    which: signal.Signals
    part: str
    after: float
    is_over: bool

    def __str__(self) -> str:
        over = ", over a run" if self.is_over else ""
        return f"{self.which.name} to {self.target}, {self.after:.3f} s of {self.part}{over}"


def kill_cases(shared: Path, runs: Sequence[WholeRun], count: int, seed: int) -> Iterator[Case]:
    """Yield that many kills by chance, of runs like the first of ``runs`` and, rarely, the last.

    ``shared`` has the set. Each fifth is during the last renames, of which every second replaces a
    run; the others take turns in all parts of a run. Behind the first training they are of runs
    that go on already, from where the one left alone was before.
    """
    for number in range(count):
        chance = random.Random(seed + number)  # noqa: S311 - no secret
        run = runs[-1 if number % OF_A_NETWORK == 1 else 0]
        is_last = number % IN_THE_END == 0
        others = [part for part in run.seconds if part != LAST]
        turn = number // OF_A_NETWORK if run is runs[-1] else number
        part = LAST if is_last else others[turn % len(others)]
        kill = Kill(
            chance.choice(TARGETS if has_own_process(part) else ("main", "group")),
            chance.choice(SIGNALS),
            part,
            chance.uniform(0, run.seconds[part]),
            is_over=is_last and chance.random() < 0.5,
        )
        attempt = partial(_killed, shared, run, kill)
        yield Case(LAST_KIND if is_last else KIND, f"{number}: {kill}", attempt)


def _killed(shared: Path, run: WholeRun, kill: Kill, place: Path) -> str:
    networks = len(run.names) > 1
    shutil.copytree(shared / "set", place / "set")
    if kill.is_over:
        shutil.copytree(run.folder, place / "run")
    before = figures(place / "run") if kill.is_over else None
    more = ["--overwrite"] if kill.is_over else []
    state = _state_before(run, kill.part)
    if state:
        shutil.copytree(state, place / "run.partial")
        more = ["--resume", *more]
    process = started(main_job(*more, networks=networks), place, one_core=networks)
    if state and has_own_process(kill.part):
        wait_for_child(process)
    elif mark := parts(run.names)[kill.part]:
        wait_for_file(place / "run.partial" / mark, process)
    time.sleep(kill.after)
    send(process.pid, kill.target, kill.which)
    result = ended(process)
    if (kill.which != signal.SIGKILL or kill.target == "child") and result.wrong:
        return f"when stopped: {result.wrong}"
    return (
        orphans(place)
        or (_lost(place, before) if kill.is_over else "")
        or _gone_on(place, networks=networks)
        or _unlike(place, run.folder)
    )


def _state_before(run: WholeRun, part: str) -> Path | None:
    """Return a run in the making that comes to that part next, if one is worth going on with."""
    names = [*parts(run.names)]
    begun = part if has_own_process(part) else names[max(0, names.index(part) - 1)]
    return run.states / begun if part != names[1] and (run.states / begun).is_dir() else None


def _lost(place: Path, before: Any) -> str:
    """Return what is wrong with the run that was to be replaced."""
    if (place / "run" / "metrics.json").is_file():
        return "" if figures(place / "run") == before else "the run before has other figures"
    kept = list(place.glob(".run.*.partial/earlier/metrics.json"))
    return "" if kept else "the run before is lost"


def _gone_on(place: Path, *, networks: bool) -> str:
    """Go on with the run until it is whole, and return why it can't."""
    command = main_job("--resume", networks=networks)
    for _ in range(ATTEMPTS):
        result = ended(started(command, place, one_core=networks))
        if result.status == 0:
            return ""
    return f"can't go on: {result.text.splitlines()[-1]}"


def _unlike(place: Path, whole: Path) -> str:
    """Return in what the run differs from one that was left alone, and what else is left."""
    if figures(place / "run") != figures(whole):
        return "other figures"
    if strange := files_of(place / "run") ^ files_of(whole):
        return f"other files: {', '.join(sorted(strange)[:3])}"
    left = {each.name for each in place.iterdir()} - {"set", "run", "tmp"}
    left |= {each.name for each in (place / "tmp").iterdir()}
    return f"left: {', '.join(sorted(left))}" if left else ""
