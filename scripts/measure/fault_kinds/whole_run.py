"""The runs that are left alone, with which all others are compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scripts.measure.fault_kinds.moments import parts, watched
from scripts.measure.fault_kinds.tiny import CLASSICAL, WITH_NETWORK, main_job, started


@dataclass(frozen=True)
class WholeRun:
    """A main job that was left alone.

    Attributes:
        folder: of the run.
        states: the folder it worked in as each part began, by the part's name.
        names: of its contenders.
        seconds: that each part took.
    """

    folder: Path
    states: Path
    names: tuple[str, ...]
    seconds: dict[str, float]


def whole_run(shared: Path, *, networks: bool = False) -> WholeRun:
    """Return the main job on ``shared/set`` that was left alone, run now if it was not before.

    Raises:
        RuntimeError: it fails.
    """
    names = WITH_NETWORK if networks else CLASSICAL
    final = shared / ("whole_with_network" if networks else "whole")
    note, states = shared / f"{final.name}.json", shared / f"{final.name}_begun"
    if not note.is_file():
        process = started(main_job(networks=networks), shared, one_core=networks)
        result, seconds = watched(process, shared, parts(names), states)
        if result.status:
            raise RuntimeError(f"the run that is left alone fails: {result.text[-500:]}")
        (shared / "run").rename(final)
        note.write_text(json.dumps(seconds), encoding="utf-8")
    return WholeRun(final, states, names, json.loads(note.read_bytes()))
