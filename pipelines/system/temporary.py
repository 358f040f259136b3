"""A temporary folder for each process that is started, cleared also of what the dead have left.

All are in one folder of the user's below the system's temporary one, each beside a lock that its
owner holds: a lock nobody holds is of a process that was killed.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from pipelines.system.locks import exclusive

_LOCK = ".lock"
_TRIES = 10  # of making a folder in one that another process removes because it is empty
_VARIABLES = ("TMPDIR", "TEMP", "TMP")  # by which libraries find the temporary folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give an empty folder that goes with the block, or else with the next that is given.

    Raises:
        OSError: there is nowhere to make it.
    """
    home = _home()
    place, lock = _claim(home)
    try:
        with lock:
            lock.callback(shutil.rmtree, place, ignore_errors=True)
            _clear(home)
            yield place
    finally:
        with suppress(OSError):  # others are in it
            home.rmdir()


def _claim(home: Path) -> tuple[Path, ExitStack]:
    """Return a new folder and its lock, held.

    Raises:
        OSError: it can't be made.
    """
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):  # another process removed the home, which was empty
            home.mkdir(mode=0o700, exist_ok=True)
            place = home / secrets.token_hex(8)
            with exclusive(place.with_suffix(_LOCK)) as lock:
                place.mkdir(mode=0o700)
                return place, lock.pop_all()
    raise FileNotFoundError(errno.ENOENT, "is removed again and again", str(home))


@contextmanager
def own_temporary_files() -> Iterator[None]:
    """Let what this process and its libraries leave in the temporary folder go with the block.

    Raises:
        OSError: there is nowhere to make a folder for it.
    """
    before = tempfile.tempdir, {name: os.environ.get(name) for name in _VARIABLES}
    with temporary_folder() as place:
        use(place)
        try:
            yield
        finally:
            tempfile.tempdir, variables = before
            for name, value in variables.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def use(place: Path) -> None:
    """Let this process, its libraries and those it starts make their temporary files there."""
    tempfile.tempdir = str(place)
    for name in _VARIABLES:
        os.environ[name] = str(place)


def _home() -> Path:
    """Return the folder that is this user's, and nobody else's.

    Raises:
        OSError: somebody else's is there.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    home = Path(tempfile.gettempdir()) / f"classical-or-deep-{user}-processes"
    if home.is_symlink() or (home.exists() and hasattr(os, "getuid") and not _is_ours(home)):
        raise PermissionError(None, "belongs to another user; set TMPDIR", str(home))
    return home


def _is_ours(home: Path) -> bool:
    return home.stat().st_uid == os.getuid()


def _clear(home: Path) -> None:
    """Remove the folders of processes that have ended."""
    for lock in home.glob(f"*{_LOCK}"):
        with suppress(Timeout, OSError), exclusive(lock):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
