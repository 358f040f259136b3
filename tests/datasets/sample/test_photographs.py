import hashlib
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.annotations import SPLITS, DatasetError
from datasets.sample.photographs import (
    PHOTOGRAPHS,
    Photograph,
    background,
    licences,
    photograph_path,
    photographs_of,
    picture_of,
)

ROOT = Path(__file__).parents[3]
BACKGROUNDS = {"train": 7, "val": 5, "test": 6}
NOT_FREE = ["motorcycle", "lfw", "moon", "page", "aero", "grace_hopper"]  # or not said to be


def test_no_photograph_is_in_two_splits() -> None:
    contents = [hashlib.sha256(photograph_path(p).read_bytes()).hexdigest() for p in PHOTOGRAPHS]
    assert len(set(contents)) == len(PHOTOGRAPHS)
    assert len({p.name for p in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert {split: len(photographs_of(split)) for split in SPLITS} == BACKGROUNDS


def test_photographs_without_a_free_licence_are_left_out() -> None:
    files = " ".join(photograph.file for photograph in PHOTOGRAPHS)
    assert not [name for name in NOT_FREE if name in files]


def test_the_note_names_source_and_licence_of_each_photograph() -> None:
    note = licences()
    for photograph in PHOTOGRAPHS:
        assert photograph.file in note
        assert photograph.source in note
        assert photograph.licence in note


def test_photographs_are_read_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the sample set asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    picture_of.cache_clear()
    for photograph in PHOTOGRAPHS:
        assert picture_of(photograph).shape[2] == 3


def test_photographs_are_found_without_importing_their_packages() -> None:
    code = (
        "import sys; from datasets.sample.photographs import PHOTOGRAPHS, picture_of; "
        "[picture_of(each) for each in PHOTOGRAPHS]; "
        "sys.exit(bool({'sklearn', 'skimage', 'pywt'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_missing_photograph_is_named() -> None:
    with pytest.raises(DatasetError, match=r"skimage/data/absent\.png.*install"):
        picture_of(Photograph("skimage/data/absent.png", "train", "", ""))


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(DatasetError, match="no_such_package"):
        photograph_path(Photograph("no_such_package/data/absent.png", "train", "", ""))


def test_a_background_is_a_square_of_light() -> None:
    random = np.random.default_rng(0)
    for photograph in PHOTOGRAPHS:
        square = background(picture_of(photograph), 64, random)
        assert square.shape == (64, 64, 3)
        assert square.dtype == np.float32
        assert square.min() >= 0
        assert square.max() <= 1
        assert square.std() > 0.005
