"""Keras's own download of a file into Keras's own cache, with an end in every case.

Keras waits for ever where a host is silent, and takes what a killed download left for whole.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError

from models.errors import TrainingError, UnavailableError
from models.quiet import native_stderr_hidden
from models.yolo.weights_file import MOST_BYTES

LONGEST_SILENCE_S = 30.0  # without a byte more: looking up the host, connecting, stalling
LIMIT_S = 900.0  # in all: 100 kB a second bring the largest file
LOOK_S = 0.1


class Download(NamedTuple):
    """A file's name, the address of its folder, and its MD5, None where Keras knows none."""

    name: str
    folder: str
    md5: str | None


def downloaded(file: Download, check: Callable[[Path], None], title: str) -> Path:
    """Return where the file is in Keras's cache, downloading it if it is not there or is broken.

    It gets its name once it is whole and checked, so that a download that was cut off is never
    taken for whole.

    Args:
        file: what to download.
        check: raises a `TrainingError` for a file that is not what it should be.
        title: of the file, for the message.

    Raises:
        UnavailableError: it is not to be had.
    """
    try:
        place = _cache_of(file.name)
        path = place / file.name
        if path.exists():
            try:
                check(path)
            except TrainingError:
                path.unlink()  # left by a download that was killed
            else:
                return path
        for left in place.glob(f"{file.name}.*"):
            if time.time() - left.stat().st_mtime > 2 * LIMIT_S:  # by a process that was killed
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f"{file.name}.", dir=place) as folder:
            made = Path(folder) / file.name
            _fetch(file, made, title)
            try:
                check(made)
            except TrainingError as error:  # as a network's page to log in
                raise UnavailableError(
                    f"{title} came otherwise than expected from {file.folder} ({error}); check the "
                    "network, or name a file of them as backbone_weights"
                ) from error
            made.replace(path)
    except OSError as error:
        raise UnavailableError(
            f"{title} can't be kept in Keras's cache ({error}); set KERAS_HOME to a folder that "
            "can be written"
        ) from error
    return path


def _cache_of(name: str) -> Path:
    """Return the folder where Keras keeps a model's file, or would."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    models = home.expanduser() / "models"
    if (models / name).is_file():  # in a cache that can only be read as well
        return models
    with suppress(OSError):
        models.mkdir(parents=True, exist_ok=True)
    if not os.access(models, os.W_OK):
        models = Path(tempfile.gettempdir()) / ".keras" / "models"  # as Keras does
        models.mkdir(parents=True, exist_ok=True)
    return models


def _fetch(file: Download, path: Path, title: str) -> None:
    """Download with Keras's progress bar on the error stream, and watch that it goes on.

    A thread downloads, for a name server's or a connection's silence can't be broken off; one that
    is given up ends with the process.

    Raises:
        UnavailableError: it failed or took too long.
    """
    with native_stderr_hidden():  # the first import of TensorFlow in this process
        from keras.utils import get_file
    origin = f"{file.folder}/{file.name}"
    failed: list[str] = []

    def work() -> None:
        try:
            get_file(file.name, origin, cache_subdir=str(path.parent), file_hash=file.md5)
        except BaseException as error:  # told below, in the thread that waits
            failed.append(str(error))
            if isinstance(error.__context__, HTTPError):
                error.__context__.close()  # a response that Keras leaves open

    with redirect_stdout(sys.stderr):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        reason = _watch(thread, path) or "".join(failed)
    if reason:
        where = "" if origin in reason else f"{origin}: "
        raise UnavailableError(
            f"{title} could not be downloaded ({where}{reason}); connect to the network, or name a "
            "file of them as backbone_weights"
        )


def _watch(thread: threading.Thread, path: Path) -> str:
    """Wait for a download and return why it was given up, or nothing."""
    begun = grown = time.monotonic()
    size = 0
    while thread.is_alive():
        thread.join(LOOK_S)
        now, found = time.monotonic(), _size(path)
        if found > size:
            size, grown = found, now
        if now - grown > LONGEST_SILENCE_S:
            return f"nothing came for {LONGEST_SILENCE_S:g} s"
        if now - begun > LIMIT_S:
            return f"it was not whole after {LIMIT_S:g} s"
        if size > MOST_BYTES:
            return f"it is over {MOST_BYTES // 2**20} MiB"
    return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # not begun, or removed by Keras where it failed
        return 0
