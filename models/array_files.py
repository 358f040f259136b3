"""Files of plain arrays, looked at before they are unpacked: a small one may hold a huge one."""

from __future__ import annotations

import math
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from datasets.regular_files import opened

MOST_BYTES = 2**30  # of all arrays of a file: a hundred times those of a large model
_MOST_HEADER_BYTES = 2**16  # of one array, far above any
# What NumPy writes; others are unpacked in steps that may be a thousand times what was read.
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def read_arrays(path: Path, most_bytes: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file by name, all of numbers that are finite.

    Raises:
        OSError: it can't be read.
        ValueError: it is no such file, is torn, holds more than ``most_bytes``, or something else
            than finite numbers.
    """
    try:
        with opened(path, most_bytes) as stream:
            with zipfile.ZipFile(stream) as file:
                held = sum(_size_of(file, member) for member in file.infolist())
            if held > most_bytes:
                raise ValueError(f"holds over {most_bytes} bytes")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as loaded:
                arrays = dict(loaded)
    except (ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} is no file of arrays ({error})") from error
    except zlib.error as error:
        raise ValueError(f"{path.name} is torn ({error})") from error
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} in {path.name} holds a number that is not finite")
    return arrays


def _size_of(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Return how many bytes an array takes, by its header alone.

    Raises:
        ValueError: it is no array of numbers.
    """
    if member.compress_type not in _COMPRESSIONS:
        raise ValueError(f"{member.filename} is compressed in a way that NumPy does not")
    with file.open(member) as stream:
        begin = BytesIO(stream.read(_MOST_HEADER_BYTES))  # which may say that it has gigabytes
    version = npy.read_magic(begin)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = read(begin)
    if kind.kind not in "biuf" or min(shape, default=0) < 0:
        raise ValueError(f"{member.filename} holds no numbers")
    return math.prod(shape) * kind.itemsize
