import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from models.array_files import read_arrays
from pipelines.classical.storage import load_classical, save_classical
from pipelines.system.loading import LoadingError


@pytest.fixture
def folder(classical, tmp_path):
    save_classical(classical, tmp_path)
    return tmp_path


def with_array(folder, name, change):
    arrays = read_arrays(folder / "arrays.npz")
    arrays[name] = change(arrays[name])
    np.savez(folder / "arrays.npz", **arrays)


def with_settings(folder, **values):
    path = folder / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def huge(*sizes):
    """A file of bytes whose arrays would take gigabytes."""

    def change(folder):
        with zipfile.ZipFile(folder / "arrays.npz", "w") as file:
            for size in sizes:
                header, shape = io.BytesIO(), {"fortran_order": False, "shape": (size,)}
                np.lib.format.write_array_header_1_0(header, {"descr": "<f8", **shape})
                file.writestr(f"{size}.npy", header.getvalue())

    return change


def long_header(folder):
    with zipfile.ZipFile(folder / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as file:
        size = 120 * 2**20
        file.writestr("prior.npy", b"\x93NUMPY\2\0" + struct.pack("<I", size) + bytes(size))


def otherwise_compressed(folder):
    arrays = read_arrays(folder / "arrays.npz")
    with zipfile.ZipFile(folder / "arrays.npz", "w", zipfile.ZIP_BZIP2) as file:
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)


def put(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def cut(name, keep):
    def change(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * keep)])

    return change


BROKEN = {
    "no arrays": lambda folder: (folder / "arrays.npz").unlink(),
    "no settings": lambda folder: (folder / "settings.json").unlink(),
    "empty arrays": put("arrays.npz", b""),
    "empty settings": put("settings.json", b""),
    "other arrays": put("arrays.npz", b"not at all" * 100),
    "other settings": put("settings.json", b"[1, 2]"),
    "deep settings": put("settings.json", b"[" * 100_000),
    "half of the arrays": cut("arrays.npz", 0.5),
    "nearly all of the arrays": cut("arrays.npz", 0.99),
    "nan": lambda folder: with_array(folder, "svm_weights", lambda each: each * np.nan),
    "infinity": lambda folder: with_array(folder, "prior", lambda each: each + np.inf),
    "fewer classes": lambda folder: with_array(folder, "svm_bias", lambda each: each[:-1]),
    "fewer numbers": lambda folder: with_array(folder, "svm_weights", lambda each: each[:-1]),
    "a scalar": lambda folder: with_array(folder, "first_bias", lambda each: each[0]),
    "text": lambda folder: with_array(folder, "shapes", lambda each: each.astype(str)),
    "an object": lambda folder: np.savez(folder / "arrays.npz", shapes=np.array([{}], object)),
    "one array": lambda folder: np.savez(folder / "arrays.npz", shapes=np.ones((2, 2))),
    "huge": huge(2**28),
    "huge by less than nothing": huge(2**28, -(2**28)),
    "a long header": long_header,
    "another compression": otherwise_compressed,
    "another class": lambda folder: with_settings(folder, classes=["cat"]),
    "no limit": lambda folder: with_settings(folder, limit=-1),
    "no templates": lambda folder: with_settings(folder, templates=[]),
    "huge templates": lambda folder: with_settings(folder, templates=[[10**9, 10**9]]),
}


@pytest.mark.parametrize("break_it", BROKEN.values(), ids=BROKEN)
def test_broken_files_are_said_in_a_sentence_and_take_no_memory(folder, break_it):
    break_it(folder)
    tracemalloc.start()
    with pytest.raises(LoadingError, match="can't be loaded") as raised:
        load_classical(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(raised.value)
    assert str(folder) in str(raised.value)
    assert peak < 100 * 2**20
