"""Which split a name stands for: ``train2017/…``, ``valid/…``, ``instances_val2017.json``."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

_SPLIT_FOLDER = re.compile(r"(trainval|training|train|validation|valid|val|testing|test)[-_]?\d*")
_SPLITS = {"tra": "train", "val": "val", "tes": "test"}


def split_of_folders(name: str) -> str:
    """Return the split of a path's folders (``train2017/…``), or an empty string."""
    return _split_of(name[: name.rfind("/") + 1])


@lru_cache(maxsize=1024)  # very many files share few folders
def _split_of(folders: str) -> str:
    for folder in folders.split("/")[:-1]:
        if found := _SPLIT_FOLDER.fullmatch(folder.lower()):
            return _SPLITS[found[0][:3]]
    return ""


def split_of_file(name: str) -> str:
    """Return the split of a file's own name (``instances_train2017.json``), or of its folders."""
    words = re.split(r"[^a-z]+", PurePosixPath(name).stem.lower())
    for word in words:
        if _SPLIT_FOLDER.fullmatch(word):
            return _SPLITS[word[:3]]
    return split_of_folders(name)


def in_split_order(name: str) -> tuple[int, str]:
    """Return a key that sorts files of train before those of val, test and none."""
    return ("train", "val", "test", "").index(split_of_file(name)), name
