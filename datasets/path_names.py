"""Paths as text with ``/``: listing them below a folder and comparing them from either end."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

_INSIDE = re.compile(r"[\w-]+([./][\w-]+)*")  # most names, which are so already
SKIPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__"})


def real_path(path: Path) -> Path:
    """Return a path from the root with links followed, of which some may lead in a circle."""
    return Path(os.path.realpath(path))  # `Path.resolve` fails with those


def overlap(one: Path, other: Path) -> bool:
    """Say whether one of two places on disk is the other or in it, links followed."""
    one, other = real_path(one), real_path(other)
    return one.is_relative_to(other) or other.is_relative_to(one)


def plain(name: str) -> str:
    """Return a name with ``/`` and without needless ``.`` and ``..``."""
    return posixpath.normpath(name.replace("\\", "/"))


def inside(name: str) -> tuple[str, bool]:
    """Return a name in `plain` form without what leads out of the folder that it is relative to.

    That is a root, a drive, the beginning of an address or steps up. With it comes whether there
    was such a thing: then only the last parts of the name may mean something in the folder.
    """
    if _INSIDE.fullmatch(name):
        return name, False
    named = plain(re.sub(r"^[A-Za-z][\w+.-]+:/+", "/", name.strip().replace("\\", "/")))
    tail = re.sub(r"^([A-Za-z]:)?/+|^(\.\.(/|$))+", "", named)
    return tail or ".", tail != named


def leads_out(name: str) -> bool:
    """Say whether a name is of something outside the folder that it is relative to."""
    return inside(name)[1]


def spellings(name: str) -> list[str]:
    """Return a name as it is written and as it is meant where blanks are written ``%20``."""
    found = [name]
    while "%" in found[-1] and (meant := unquote(found[-1])) != found[-1]:
        found.append(meant)
    return found


def folded(name: str) -> str:
    """Return a name without what makes no difference: case, and how an accent is stored.

    A Mac stores é as two characters, others as one.
    """
    return (name if name.isascii() else unicodedata.normalize("NFC", name)).lower()


def is_text(name: str) -> bool:
    """Say whether a name is text, which names on a disk need not be."""
    return name.isascii() or name.encode(errors="replace").decode() == name


def as_text(name: str) -> str:
    """Return a name with codes for what is no text in it, see `is_text`."""
    return name.encode(errors="backslashreplace").decode()


def shared_folders(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many folders two paths share from their start on."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def walk(root: Path) -> Iterable[str]:
    """Yield all files below a folder; linked folders are followed, each once.

    Raises:
        OSError: a folder can't be listed.
    """
    seen: set[str] = set()
    for place, folders, files in os.walk(root, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS]
        below = os.path.relpath(place, root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        yield from (prefix + file for file in files if not file.startswith("."))


def _refuse(error: OSError) -> None:
    raise error


def fitting(names: Iterable[str], tail: str, key: Callable[[str], str] = str) -> list[str]:
    """Return the names that end with ``tail``, which is `folded`, or the other way round.

    Whole folders only.
    """
    ends = f"/{tail}"
    full = ((name, f"/{key(folded(name))}") for name in names)
    return [name for name, path in full if path.endswith(ends) or ends.endswith(path)]


def sharing_most(names: Iterable[str], tail: str, key: Callable[[str], str] = str) -> list[str]:
    """Return the names that share most of their last parts with ``tail``, which is `folded`."""
    wanted = tail.split("/")[::-1]
    shared = {n: shared_folders(key(folded(n)).split("/")[::-1], wanted) for n in names}
    most = max(shared.values(), default=0)
    return [name for name, count in shared.items() if count == most]


def grouped(names: Iterable[str], key: Callable[[str], str] = str) -> dict[str, list[str]]:
    """Return the names by what ``key`` makes of their last part, `folded`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(folded(last_part(name)))].append(name)
    return dict(groups)


def last_part(name: str) -> str:
    """Return ``b.jpg`` for ``a/b.jpg``."""
    return name[name.rfind("/") + 1 :]


def suffix_of(name: str) -> str:
    """Return ``.jpg`` for ``a/b.JPG``."""
    return posixpath.splitext(name)[1].lower()


def without_suffix(name: str) -> str:
    """Return ``a/b`` for ``a/b.JPG``."""
    return posixpath.splitext(name)[0]


def sharing_a_stem(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return (first, other) for files of one folder that differ in their suffix alone."""
    firsts: dict[str, str] = {}
    pairs = ((firsts.setdefault(without_suffix(name), name), name) for name in names)
    return [(first, name) for first, name in pairs if first != name]
