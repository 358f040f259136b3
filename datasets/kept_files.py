"""Files kept for going on after a break: on the disk before they count, and known when torn."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from datasets.regular_files import content

_TAIL = b"}\n"  # behind what is kept
_MOST_BYTES = 2**36  # of what this project wrote itself: a training's state is several networks


def keep(path: Path, data: bytes | memoryview) -> None:
    """Write a file that is whole or not there, also after the machine lost its power.

    With what is kept stands its SHA-256; what is JSON is a file of JSON.

    Raises:
        OSError: it can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(path)
    with beside.open("wb") as stream:
        stream.write(_head(data))
        stream.write(data)
        stream.write(_TAIL)
        os.fsync(stream.fileno())
    beside.replace(path)
    flush_folder(path.parent)


def kept(path: Path) -> bytes | None:
    """Return what was kept in a file; None where it is missing, torn or was never kept so.

    Raises:
        OSError: it is there and can't be read.
    """
    if not path.is_file():
        return None
    found = content(path, _MOST_BYTES)
    data = found[len(_head(b"")) : -len(_TAIL)]
    return data if found.startswith(_head(data)) and found.endswith(_TAIL) else None


def _head(data: bytes | memoryview) -> bytes:
    return f'{{"sha256": "{hashlib.sha256(data).hexdigest()}", "kept": '.encode("ascii")


def forget(path: Path) -> None:
    """Remove what was kept in a file, and what a writer that was killed left beside it."""
    path.unlink(missing_ok=True)
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"writing-{path.name}")


def flush_folder(folder: Path) -> None:
    """Have the system write the names in a folder to its disk, where it has a way to."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def flush_all(folder: Path) -> None:
    """Have the system write all files below a folder, and their names, to its disk.

    What others who work there remove meanwhile is passed over.
    """
    for place, _, files in os.walk(folder):
        for name in files:
            # Windows flushes only what is open for writing.
            mode = "r+b" if os.name == "nt" else "rb"
            with suppress(FileNotFoundError), (Path(place) / name).open(mode) as stream:
                os.fsync(stream.fileno())
        with suppress(FileNotFoundError):
            flush_folder(Path(place))
