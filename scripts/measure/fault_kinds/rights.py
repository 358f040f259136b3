"""Folders that may not be written to or listed, also where root tries it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts.measure.fault_kinds.cases import SKIPPED
from scripts.measure.fault_kinds.tiny import done, main_job


def _as_nobody(command: list[str]) -> list[str]:
    """Return a command without the rights by which root may do everything."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]


def _without_rights(folder: Path, mode: int, command: list[str], place: Path) -> str:
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            return f"{SKIPPED}root may do everything"
        command = _as_nobody(command)
    folder.chmod(mode)
    try:
        result = done(command, place)
    finally:
        folder.chmod(0o755)
    return result.refusal("denied")


def read_only(shared: Path, place: Path) -> str:
    """Return what is wrong with a run into a folder that may not be written to."""
    shutil.copytree(shared / "set", place / "set")
    (place / "locked").mkdir()
    command = main_job("--output", str(place / "locked" / "run"))
    return _without_rights(place / "locked", 0o555, command, place)


def unsearchable(shared: Path, place: Path) -> str:
    """Return what is wrong with a run on a set with a folder that may not be listed."""
    shutil.copytree(shared / "set", place / "set")
    (place / "set" / "more").mkdir()
    return _without_rights(place / "set" / "more", 0o000, main_job(), place)
