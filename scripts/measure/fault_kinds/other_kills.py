"""The other scripts, killed at any moment: what they write is whole or absent, and they go on."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import Popen

from scripts.measure.fault_kinds.cases import Case
from scripts.measure.fault_kinds.stopping import SIGNALS, TARGETS, orphans, send
from scripts.measure.fault_kinds.tiny import Ended, ended, files_of, script, started
from scripts.measure.fault_kinds.whole_run import WholeRun

KIND = "kills of the other scripts"


@dataclass(frozen=True)
class Written:
    """A script that writes, on the set in ``set`` and the run in ``run``, seen from its folder.

    Attributes:
        name: unique; its first word is the script.
        arguments: of the first time.
        again: further ones, by which it goes on or replaces what is there.
        same: files that are the same each time, to the last byte.
        grows: the folder in which it keeps what it goes on with, below which files may be there
            before it has ended.
        once: it refuses to write again, and what it has written is whole.
    """

    name: str
    arguments: tuple[str, ...]
    again: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    grows: str | None = None
    once: bool = False


CLASSICAL = (
    Written(
        "detect",
        ("run/models/classical", "set", "--output", "found"),
        ("--overwrite",),
        ("found/detections.json",),
    ),
    Written("study_axes", ("run", "--axes", "approach"), ("--resume",), grows="run/axes"),
    Written("study_axes data", ("run", "--axes", "data"), ("--resume",), grows="run/axes"),
    Written("explain", ("run", "set/0.png", "--masks", "4"), grows="run/explained"),
    Written("compare_runs", ("run", "whole", "--output", "comparison.html")),
    Written("write_report", ("run",), same=("run/metrics.json",)),
    Written("inspect_dataset", ("set", "--convert", "voc", "--output", "new"), once=True),
    Written(
        "evaluate_detections",
        (
            *("--ground-truth", "run/ground_truth.json"),
            *("--detections", "a=run/detections/classical.json", "--output", "scored"),
        ),
        ("--overwrite",),
    ),
)
NETWORK = (
    Written(
        "export",
        ("run/models/yolo", "--to", "litert", "--output", "exported"),
        ("--overwrite",),
        ("exported/network.tflite",),
    ),
    Written(
        "detect by a network",
        ("run/models/yolo", "set", "--output", "found"),
        ("--overwrite",),
        ("found/detections.json",),
    ),
)


def other_kill_cases(
    shared: Path, runs: Sequence[WholeRun], count: int, seed: int
) -> Iterator[Case]:
    """Yield kills by chance of each script, each ``count`` times.

    ``shared`` has the set, and in it each script is left alone first; ``runs`` are of the classical
    detector, and where there are two, of a network.
    """
    given = [(runs[0], each) for each in CLASSICAL]
    given += [(run, each) for run in runs[1:] for each in NETWORK]
    for run, written in given:
        for number in range(count):
            chance = random.Random(f"{seed} {written.name} {number}")  # noqa: S311 - no secret
            target, which = chance.choice(TARGETS), chance.choice(SIGNALS)
            name = f"{written.name} {number}: {which.name} to {target}"
            attempt = partial(_killed, shared, run, written, target, which, chance.random())
            yield Case(KIND, name, attempt)


def _killed(
    shared: Path,
    run: WholeRun,
    written: Written,
    target: str,
    which: signal.Signals,
    share: float,
    place: Path,
) -> str:
    alone, seconds = _left_alone(shared, run, written)
    _prepare(shared, run, place)
    before = _files(place)
    process = _start(written, place)
    time.sleep(share * seconds)
    send(process.pid, target, which)
    result = ended(process)
    if (which != signal.SIGKILL or target == "child") and result.wrong:
        return f"when stopped: {result.wrong}"
    if wrong := orphans(place) or _torn(place, before, _files(alone), written):
        return wrong
    is_begun = bool({each for each in _files(place) if not _is_hidden(each)} - before)
    result = ended(_start(written, place, *(written.again if is_begun else ())))
    if is_begun and written.once:
        if wrong := result.refusal("already"):
            return f"not refused: {wrong}"
    elif result.status:
        return f"can't go on: {result.text.splitlines()[-1]}"
    if strange := _files(place) ^ _files(alone):
        return f"other files: {', '.join(sorted(strange)[:3])}"
    other = [f for f in written.same if (place / f).read_bytes() != (alone / f).read_bytes()]
    left = [each.name for each in (place / "tmp").iterdir()]
    return " ".join([*(f"{name} differs" for name in other), *(f"left: {n}" for n in left)])


def _start(written: Written, place: Path, *more: str) -> Popen[str]:
    name = written.name.partition(" ")[0]
    return started(script(name, *written.arguments, *more), place, one_core=True)


def _left_alone(shared: Path, run: WholeRun, written: Written) -> tuple[Path, float]:
    """Return the folder in which the script was left alone, once, and the seconds it took.

    Raises:
        RuntimeError: it fails.
    """
    place = shared / f"alone_{written.name}"
    note = shared / f"{place.name}.json"
    if not note.is_file():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        _prepare(shared, run, place)
        began = time.monotonic()
        result: Ended = ended(_start(written, place))
        if result.status:
            raise RuntimeError(f"{written.name}, left alone, fails: {result.text[-500:]}")
        note.write_text(json.dumps(time.monotonic() - began), encoding="utf-8")
    return place, float(json.loads(note.read_bytes()))


def _prepare(shared: Path, run: WholeRun, place: Path) -> None:
    shutil.copytree(shared / "set", place / "set")
    for name in ("run", "whole"):
        shutil.copytree(run.folder, place / name)


def _files(place: Path) -> set[str]:
    """Return the names of the files in a place, but for those that only work goes on in."""
    return {name for name in files_of(place) if not name.startswith("tmp/")}


def _torn(place: Path, before: set[str], after: set[str], written: Written) -> str:
    """Return what is neither as it was before nor as it is when all went well."""
    found = {name for name in _files(place) if not _is_hidden(name)}
    if written.grows:
        found = {name for name in found if not name.startswith(f"{written.grows}/")}
        before, after = (
            {name for name in names if not name.startswith(f"{written.grows}/")}
            for names in (before, after)
        )
    if found not in (before, after):
        return f"torn: {', '.join(sorted(found ^ after)[:3])}"
    for name in found:
        if name.endswith(".json"):
            json.loads((place / name).read_bytes())
        elif name.endswith(".html") and b"</html>" not in (place / name).read_bytes()[-20:]:
            return f"torn: {name}"
    return ""


def _is_hidden(name: str) -> bool:
    """Say whether a file is a lock, or in a folder where what is to be is made."""
    return any(part.startswith(".") for part in Path(name).parts)
