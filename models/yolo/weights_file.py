"""Files of weights that anybody may have made: looked at before a framework takes them.

Only HDF5's own arrays of numbers are read; nothing in such a file is code.
"""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from models.errors import TrainingError

MOST_BYTES = 500 * 2**20  # five times the largest of the backbones


def check_regular(path: Path) -> None:
    """Refuse what is no file of at most `MOST_BYTES`, before a byte of it is read.

    Raises:
        TrainingError: it is missing, a pipe, a device, a folder, or too large.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise TrainingError(
            f"{path}: can't be read ({reason}); give a file of weights without top"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise TrainingError(f"{path}: is no regular file; give a file of weights without top")
    if found.st_size > MOST_BYTES:
        raise TrainingError(
            f"{path}: has over {MOST_BYTES // 2**20} MiB; give a file of weights without top"
        )


def values_in_hdf5(path: Path) -> int:
    """Return how many weights a Keras file holds, all of them read and finite.

    The state of an optimizer and of random generators is passed over.

    Raises:
        TrainingError: it can't be read whole, leads to other files, would need more memory than
            `MOST_BYTES`, or holds a number that is not finite, or something else than numbers.
    """
    check_regular(path)
    try:
        with h5py.File(path, "r") as file:
            return sum(_finite_values(path, array) for array in _arrays(path, file))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:  # h5py's own
        raise TrainingError(
            f"{path}: can't be read as Keras weights ({error}); give a .weights.h5 or .h5 file "
            "without top"
        ) from error


def _arrays(path: Path, file: Any) -> list[Any]:
    """Return the floating-point arrays of the file, all of them its own."""
    arrays: list[Any] = []

    def keep(_: str, found: Any) -> None:
        arrays.extend([found] if isinstance(found, h5py.Dataset) else [])

    elsewhere = file.visititems_links(
        lambda name, link: None if isinstance(link, h5py.HardLink) else name
    )
    file.visititems(keep)
    if elsewhere or any(array.is_virtual or array.external for array in arrays):
        raise TrainingError(f"{path}: leads to other places; save the weights in one file")
    # What Keras reads is chosen by name, so it may be any of them.
    if odd := [array.name for array in arrays if array.dtype.kind not in "biuf"]:
        raise TrainingError(f"{path}: {odd[0]} holds no numbers; save the weights alone")
    if sum(map(_unpacked_bytes, arrays)) > MOST_BYTES:
        raise TrainingError(
            f"{path}: holds over {MOST_BYTES // 2**20} MiB; give a file of weights without top"
        )
    floats = [array for array in arrays if array.dtype.kind == "f"]
    return [array for array in floats if not array.name.startswith("/optimizer")]


def _unpacked_bytes(array: Any) -> int:
    """Return the memory it takes to read an array: that of its chunks, which may be larger."""
    chunk = int(math.prod(array.chunks or ()) * array.dtype.itemsize)
    return max(int(array.nbytes), chunk)


def _finite_values(path: Path, array: Any) -> int:
    values = np.asarray(array[()])
    if not np.isfinite(values).all():
        raise TrainingError(
            f"{path}: {array.name} holds a number that is not finite; save the weights again"
        )
    return values.size
