"""The parts of a main job, what shows that each has begun, and waiting for a moment in one."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

import psutil

from scripts.measure.fault_kinds.tiny import Ended, ended

POLL_SECONDS = 0.002
LAST = "the last renames"


def parts(names: tuple[str, ...]) -> dict[str, str]:
    """Return the parts of a main job with these contenders, in order.

    Each comes with the file below ``run.partial`` that is there once it has begun.
    """
    after = ["stages/prepare.json", *(f"stages/train-{name}.json" for name in names)]
    return {
        "reading": "",
        **{f"training {name}": mark for name, mark in zip(names, after, strict=False)},
        "detecting": after[-1],
        "memory": "stages/detect.json",
        "scoring": f"stages/memory-{names[-1]}.json",
        "pictures": "annotated",
        "report": "metrics.json",
        LAST: "report.html",
    }


def watched(
    process: Popen[str], place: Path, marks: Mapping[str, str], states: Path
) -> tuple[Ended, dict[str, float]]:
    """Wait for a main job into ``place/run``; return how it ended and the seconds each part took.

    The folder that it works in is copied to ``states/PART`` as each part but the first begins. The
    last renames end when it has its final name.
    """
    partial = place / "run.partial"
    began: dict[str, float] = {}
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(ended, process)
        while not future.done():
            for part, mark in marks.items():
                if part not in began and (not mark or (partial / mark).exists()):
                    if mark:
                        _copy_standing_still(process.pid, partial, states / part)
                    began[part] = time.monotonic()
            if LAST in began and "end" not in began and not partial.exists():
                began["end"] = time.monotonic()
            time.sleep(POLL_SECONDS)
    began.setdefault("end", time.monotonic())
    took = [later - earlier for earlier, later in pairwise(began.values())]
    return future.result(), dict(zip(began, took, strict=False))


def _copy_standing_still(group: int, folder: Path, copy: Path) -> None:
    """Copy a folder as if those who work in it were killed now."""
    os.killpg(group, signal.SIGSTOP)
    try:
        shutil.copytree(folder, copy)
    finally:
        os.killpg(group, signal.SIGCONT)


def has_own_process(part: str) -> bool:
    """Say whether a part is done in a process of its own."""
    return part.startswith("training") or part in {"detecting", "memory"}


def wait_for_file(path: Path, process: Popen[str]) -> None:
    """Wait until a file or folder is there, or the process has ended."""
    while not path.exists() and process.poll() is None:
        time.sleep(POLL_SECONDS)


def wait_for_child(process: Popen[str]) -> None:
    """Wait until a process has begun to work in one of its own, or has ended."""
    while process.poll() is None:
        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children():
                if any("spawn_main" in word for word in child.cmdline()):
                    return
        time.sleep(10 * POLL_SECONDS)
