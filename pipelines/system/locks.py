"""The system's own lock on a file, which ends with its process however that ends."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout

TRIES = 100  # of a lock whose file was removed between opening and locking it


class _RemovedError(Exception):
    """The file that was locked is no longer there: whoever had it before has ended."""


def exclusive(place: Path) -> ExitStack:
    """Return a lock, held; it is given back, and its file removed, when the stack closes.

    Raises:
        Timeout: another process has it.
        OSError: the file can't be made, or is there and holds something: it is no lock.
    """
    with suppress(FileNotFoundError):
        if place.lstat().st_size:
            raise FileExistsError(errno.EEXIST, f"{place.name} is there and no lock; move it away")
    for _ in range(TRIES):
        lock = FileLock(place, timeout=0, on_acquired=_check_still_there)
        with suppress(_RemovedError), ExitStack() as stack:
            stack.enter_context(lock)
            stack.callback(_remove, place)
            return stack.pop_all()
    raise Timeout(str(place))


def _check_still_there(descriptor: int) -> None:
    if os.fstat(descriptor).st_nlink == 0:
        raise _RemovedError


def _remove(place: Path) -> None:
    with suppress(OSError):  # Windows removes no file that is open
        place.unlink()
