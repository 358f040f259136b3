"""What runs leave in the temporary folder: nothing, once a later one has cleared after the dead."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from scripts.measure.fault_kinds.cases import Case
from scripts.measure.fault_kinds.moments import has_own_process, wait_for_child
from scripts.measure.fault_kinds.stopping import send
from scripts.measure.fault_kinds.tiny import ended, main_job, script, started
from scripts.measure.fault_kinds.whole_run import WholeRun

KILLS = 20
KIND = f"no trace in temporary folders after {KILLS} kills and 5 good runs"


def trace_cases(shared: Path, runs: Sequence[WholeRun], seed: int) -> Iterator[Case]:
    """Yield the one case; ``shared`` has the set, and ``runs`` are those to be repeated."""
    yield Case(KIND, "traces", partial(_traces, shared, runs, seed))


def _traces(shared: Path, runs: Sequence[WholeRun], seed: int, place: Path) -> str:
    """Kill all processes of runs, in turns in each part that has its own, then let some end well.

    Every second is of a network, if there is one among the runs.
    """
    shutil.copytree(shared / "set", place / "set")
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(KILLS):
        run = runs[number % len(runs)]
        parts = [part for part in run.seconds if has_own_process(part)]
        part = parts[number // len(runs) % len(parts)]
        shutil.rmtree(place / "run.partial", ignore_errors=True)
        shutil.copytree(run.states / part, place / "run.partial")
        process = started(main_job("--resume", networks=len(run.names) > 1), place)
        wait_for_child(process)
        time.sleep(chance.uniform(0, run.seconds[part]))
        send(process.pid, chance.choice(("group", "main")), signal.SIGKILL)
        ended(process)
    good = (
        main_job("--resume", networks=len(run.names) > 1),
        script("write_report", "run"),
        script("detect", "run/models/classical", "set", "--output", "found"),
        script("study_axes", "run", "--axes", "approach"),
        script("inspect_dataset", "set", "--output", "look"),
    )
    for command in good:
        result = ended(started(command, place))
        if result.status:
            return f"fails: {result.text[-200:]}"
    left = [each.name for each in (place / "tmp").iterdir()]
    return f"{len(left)} left: {', '.join(left[:5])}" if left else ""
