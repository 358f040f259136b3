"""Outputs that can't be written, two writers of one, images that vanish, pipes and devices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from scripts.measure.fault_kinds.cases import SKIPPED, Case
from scripts.measure.fault_kinds.rights import read_only, unsearchable
from scripts.measure.fault_kinds.tiny import (
    Ended,
    done,
    ended,
    figures,
    files_of,
    main_job,
    script,
    started,
)

KIND = "paths, disks, permissions, two at once"
DISK_KIB = (40, 200, 600, 1200)  # on which a run of a few MiB comes less or more far
CHANGED_AFTER = (1.0, 3.0, 5.0, 8.0)  # seconds of a run


def place_cases(shared: Path) -> Iterator[Case]:
    """Yield the cases; ``shared`` has the set, and a whole run of it."""
    attempts: dict[str, Callable[[Path, Path], str]] = {
        **{f"a disk of {size} KiB": partial(_full_disk, size) for size in DISK_KIB},
        **{f"images gone after {s:g} s": partial(_changed, _remove, s) for s in CHANGED_AFTER},
        **{f"images changed after {s:g} s": partial(_changed, _swap, s) for s in CHANGED_AFTER},
        "two main jobs": _two_main_jobs,
        "two looks at a set": _two_looks,
        "two detections": _two_detections,
        "a folder of the user's beside": _beside,
        "a folder of the user's in the way": _in_the_way,
        "a name of 250 characters": _long_name,
        "a read-only folder": read_only,
        "a folder that can't be searched": unsearchable,
        "into the set": _into_the_set,
        "a whole run with other settings": _other_settings,
        "an annotated pipe": partial(_strange, os.mkfifo, "0.png"),
        "a pipe as XML": partial(_strange, os.mkfifo, "a.xml"),
        "a pipe as a table": partial(_strange, os.mkfifo, "a.csv"),
        "a device as a table": partial(_strange, _device, "more.csv"),
        "a pipe as a video": _pipe_video,
    }
    for name, attempt in attempts.items():
        yield Case(KIND, name, partial(attempt, shared))


def _with_set(shared: Path, place: Path) -> None:
    shutil.copytree(shared / "set", place / "set")


@contextmanager
def _small_disk(place: Path, kib: int) -> Iterator[bool]:
    """Mount a disk of that size at a place, if that can be done here."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place)]
    try:
        is_there = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        is_there = False
    try:
        yield is_there
    finally:
        if is_there:
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def _full_disk(kib: int, shared: Path, place: Path) -> str:
    _with_set(shared, place)
    with _small_disk(place / "disk", kib) as is_there:
        if not is_there:
            return f"{SKIPPED}no disk can be mounted here"
        command = main_job("--output", str(place / "disk" / "run"))
        result = done(command, place)
        if result.status == 0:
            return ""  # there was room for all of it
        if wrong := result.refusal("space"):
            return wrong
        if (place / "disk" / "run").exists():
            return "a run that is not whole has its name"
        remount = ["mount", "-o", "remount,size=64m", str(place / "disk")]
        subprocess.run(remount, check=True)
        result = done([*command, "--resume"], place)
        if result.status and "--overwrite" in result.text:
            result = done([*command, "--overwrite"], place)
        if result.status:
            return f"with room again: {result.text.splitlines()[-1]}"
        return "" if figures(place / "disk" / "run") == figures(shared / "whole") else "figures"


def _changed(change: Callable[[Path], None], after: float, shared: Path, place: Path) -> str:
    _with_set(shared, place)
    process = started(main_job(), place)
    time.sleep(after)
    for image in sorted((place / "set").glob("*.png")):
        change(image)
    result = ended(process)
    if result.status == 0:
        return ""  # it had seen all it needs
    return result.refusal("set")


def _remove(image: Path) -> None:
    image.unlink()


def _swap(image: Path) -> None:
    from PIL import Image

    Image.new("RGB", (33, 44)).save(image)


def _together(place: Path, command: list[str]) -> tuple[Ended, Ended]:
    both = [started(command, place) for _ in range(2)]
    first, second = (ended(process) for process in both)
    return first, second


def _one_of_two(results: tuple[Ended, Ended]) -> str:
    """Return what is wrong if not one of two went well and the other was refused."""
    good, refused = sorted(results, key=lambda each: each.status)
    if good.status:
        return f"none went well: {good.text.splitlines()[-1]}"
    if refused.status == 2 and "already" in refused.text:
        return ""  # it came when the other had ended
    return refused.refusal("another process")


def _two_main_jobs(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    wrong = _one_of_two(_together(place, main_job()))
    return wrong or ("" if files_of(place / "run") == files_of(shared / "whole") else "files")


def _two_looks(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    look = script("inspect_dataset", str(place / "set"), "--output", str(place / "look"))
    results = _together(place, look)
    if not any(each.status for each in results):
        return ""  # one after the other: a look replaces a look
    return _one_of_two(results)


def _detect(shared: Path, *more: str) -> list[str]:
    return script("detect", str(shared / "whole" / "models" / "classical"), *more)


def _two_detections(shared: Path, place: Path) -> str:
    output = ("--output", str(place / "found"))
    return _one_of_two(_together(place, _detect(shared, str(shared / "set"), *output)))


def _beside(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    shutil.copytree(shared / "whole", place / "run")
    for name in ("run.old", "run.new", ".run.old"):
        (place / name).mkdir()
        (place / name / "mine").touch()
    result = done(main_job("--overwrite"), place)
    if result.status:
        return result.text.splitlines()[-1]
    kept = all((place / name / "mine").exists() for name in ("run.old", "run.new", ".run.old"))
    return "" if kept else "a folder of the user's is gone"


def _in_the_way(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    (place / "run.partial").mkdir()
    (place / "run.partial" / "mine").touch()
    wrong = done(main_job("--overwrite"), place).refusal("move it away")
    return wrong or ("" if (place / "run.partial" / "mine").exists() else "it is gone")


def _long_name(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    return done(main_job("--output", str(place / ("x" * 250))), place).refusal("long")


def _into_the_set(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    result = done(main_job("--output", str(place / "set" / "run")), place)
    return result.refusal("where the images are")


def _other_settings(shared: Path, place: Path) -> str:
    _with_set(shared, place)
    shutil.copytree(shared / "whole", place / "run")
    return done(main_job("--resume", "--seed", "3"), place).refusal("seed")


def _strange(make: Callable[[Path], None], name: str, shared: Path, place: Path) -> str:
    """Return what is wrong with a look at a set in which something strange has a file's name."""
    _with_set(shared, place)
    (place / "set" / name).unlink(missing_ok=True)
    make(place / "set" / name)
    look = script("inspect_dataset", str(place / "set"), "--output", str(place / "look"))
    result = done(look, place)
    if result.status == 0:
        found = json.loads((place / "look" / "inspection.json").read_bytes())
        return "" if "regular" in json.dumps(found) else "it is not said"
    return result.refusal("regular")


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _pipe_video(shared: Path, place: Path) -> str:
    os.mkfifo(place / "a.mp4")
    output = ("--output", str(place / "found"))
    return done(_detect(shared, str(place / "a.mp4"), *output), place).refusal("video")
