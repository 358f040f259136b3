"""Where sets that the project makes or downloads are kept."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from datasets.annotations import DatasetError

_DEAD_AFTER_S = 86_400.0  # what is not whole after a day is of a process that was killed


def cache_homes() -> list[Path]:
    """Return where a set may be kept, best first: the user's cache, then the temporary folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    first = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    user = os.getuid() if hasattr(os, "getuid") else "user"
    temporary = Path(tempfile.gettempdir()) / f"classical-or-deep-{user}"
    return [first / "classical-or-deep", temporary]


def cached_folder(title: str, key: str, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder ``key/name`` of a cache, making it where it is not there yet.

    It is kept in ``$XDG_CACHE_HOME`` or ``~/.cache``, or in the temporary folder where neither can
    be written. It is made under another name and renamed when whole, so one that was cut off is
    never taken for whole.

    Args:
        title: of the set, for the message.
        key: differs for sets that differ in content.
        name: of the set's folder, which is the name of the set.
        make: fills the folder it is given, which is not there yet.

    Raises:
        DatasetError: there is nowhere to write.
    """
    reasons = []
    for home in cache_homes():
        try:
            if not (home / key / name).is_dir():
                _make_in(home, key, name, make)
        except OSError as error:
            reasons.append(f"{home} ({error.strerror or error})")
        else:
            return home / key / name
    raise DatasetError(
        f"{title} can't be written to {' nor to '.join(reasons)}; set XDG_CACHE_HOME to a folder "
        "that can"
    )


def _make_in(home: Path, key: str, name: str, make: Callable[[Path], None]) -> None:
    """Make the set beside its final name, then rename.

    Raises:
        OSError: the folder can't be written, or is somebody else's.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "getuid") and home.stat().st_uid != os.getuid():
        raise PermissionError(f"belongs to another user: {home}")
    for left in home.glob(f"{key}.partial-*"):
        if time.time() - left.stat().st_mtime > _DEAD_AFTER_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{key}.partial-", dir=home) as partial:
        make(Path(partial) / key / name)
        try:
            (Path(partial) / key).rename(home / key)
        except OSError:
            if not (home / key / name).is_dir():  # else another process was as fast with the same
                raise
