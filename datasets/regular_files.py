"""The one way a file of somebody else's is opened: a regular file, of a size known before.

A pipe hangs whoever opens it, a device never ends, and both can bear the name of an image.
"""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from io import BufferedReader, FileIO
from pathlib import Path

HEAD_BYTES = 2**16  # in which most that is said of an image file stands
MOST_BYTES = 512 * 2**20  # of a file that is read whole, unless its reader knows better

# Without O_NONBLOCK a pipe would be waited for before it can be told from a file.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path, most_bytes: int | None = None) -> BufferedReader:
    """Return a regular file, open to be read from its first byte; links are followed.

    Raises:
        OSError: it is missing, no regular file, or larger than ``most_bytes``.
    """
    return BufferedReader(FileIO(_begun(path, most_bytes)[0]))


def _begun(path: str | Path, most_bytes: int | None = None) -> tuple[int, int]:
    """Return the descriptor and the bytes of a regular file; see `opened`."""
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a name with a null character
        raise OSError(errno.EINVAL, str(error), str(path)) from error
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, which can't be opened at all
            raise OSError(errno.EINVAL, "is no regular file", str(path)) from error
        raise
    found = os.fstat(descriptor)
    wrong = "" if stat.S_ISREG(found.st_mode) else "is no regular file"
    if most_bytes is not None and found.st_size > most_bytes:
        wrong = wrong or f"has over {most_bytes} bytes"
    if wrong:
        os.close(descriptor)
        raise OSError(errno.EINVAL, wrong, str(path))
    return descriptor, found.st_size


def head_and_sha256(path: str | Path, *, hashed: bool) -> tuple[bytes, int, str]:
    """Return a regular file's first bytes, its size in bytes, and the SHA-256 of all of it.

    Unless ``hashed`` the last is empty, and the rest of the file is not read. Of very many small
    files this takes a third of the time that `opened` does.

    Raises:
        OSError: as `content`.
    """
    descriptor, size = _begun(path)
    try:
        head = os.read(descriptor, min(size, HEAD_BYTES))
        if not hashed:
            return head, size, ""
        digest, left = sha256(head), size - len(head)
        while left > 0 and (part := os.read(descriptor, min(left, HEAD_BYTES))):
            digest.update(part)
            left -= len(part)
    finally:
        os.close(descriptor)
    return head, size, digest.hexdigest()


def content(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Return all bytes of a regular file.

    Raises:
        OSError: it can't be read, is no regular file, or larger than ``most_bytes``.
    """
    with opened(path, most_bytes) as stream:
        return stream.read(os.fstat(stream.fileno()).st_size)  # no more, though it grows


def check_regular(path: Path) -> None:
    """Refuse what is no regular file, for a library that opens files by their names alone.

    Raises:
        OSError: it is missing or no regular file.
    """
    opened(path).close()
