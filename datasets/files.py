"""The files below a set's folder, listed once; names in annotations are only looked up in the list.

So no name in a file can lead out of the folder, and case, slashes, suffixes and nesting are dealt
with in one place for all formats.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from datasets.annotations import DatasetError
from datasets.images import SUFFIXES

MOST_TEXT_BYTES = 512 * 2**20  # of a CSV or list file; COCO's own largest JSON is about that
_SPLIT_FOLDER = re.compile(r"(trainval|training|train|validation|valid|val|testing|test)[-_]?\d*")
_SPLITS = {"tra": "train", "val": "val", "tes": "test"}
_SKIPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__"})
_BYTE_ORDER_16 = (b"\xff\xfe", b"\xfe\xff")


class Files:
    """Everything below a folder, hidden files left out.

    Attributes:
        root: the folder.
        names: all paths below it, with ``/``, sorted.
    """

    def __init__(self, root: Path) -> None:
        """List the folder.

        Raises:
            DatasetError: it is no folder, or a file has a name that is no text.
        """
        if not root.is_dir():
            raise DatasetError(f"{root}: is not a folder; --dataset takes the folder of a set")
        self.root = root
        self.names: tuple[str, ...] = tuple(sorted(_walk(root)))
        for name in self.names:
            if not name.isascii() and name.encode(errors="replace").decode() != name:
                raise DatasetError(f"{root}: the file name {name!r} is not UTF-8; rename the file")

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Return the names of image files, sorted."""
        return self.with_suffix(*SUFFIXES)

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """Return the names that end so, in whatever case, sorted."""
        return tuple(name for name in self.names if _suffix(name) in suffixes)

    @cached_property
    def name_set(self) -> frozenset[str]:
        """Return the names of all files, to look one up."""
        return frozenset(self.names)

    @cached_property
    def image_set(self) -> frozenset[str]:
        """Return the names of image files, to look one up."""
        return frozenset(self.images)

    def path(self, name: str) -> Path:
        """Return where the file of that name is."""
        return self.root / name

    def text(self, name: str) -> str:
        """Return a text file, UTF-8 or UTF-16, without a byte order mark.

        Raises:
            DatasetError: it can't be read as text, or is too large to be a list.
        """
        path = self.path(name)
        try:
            if path.stat().st_size > MOST_TEXT_BYTES:
                raise DatasetError(f"{path}: has over {MOST_TEXT_BYTES} bytes; split the file")
            data = path.read_bytes()
            return data.decode("utf-16" if data[:2] in _BYTE_ORDER_16 else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise DatasetError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
        except OSError as error:
            raise DatasetError(f"{path}: can't be read ({error.strerror})") from error

    def image(self, said: str, source: str, split: str = "") -> str | None:
        """Return the image an annotation file speaks of, or None.

        Args:
            said: the name it gives, in whatever case and with any slashes.
            source: the annotation file; of several images the one nearest to it is taken.
            split: that it belongs to, where it is known.

        Raises:
            DatasetError: the name is absolute or leads out of the set's folder.
        """
        tail = self.inside(said, source).lower()
        named = _fitting(self._images_by_name.get(posixpath.basename(tail), ()), tail)
        if not named:
            stem = _without_suffix(tail)
            candidates = self._images_by_stem.get(posixpath.basename(stem), ())
            named = _fitting(candidates, stem, _without_suffix)
        return nearest(self._of_split(named, split), said, source, split)

    def image_beside(self, source: str, said: str) -> str | None:
        """Return the image that an annotation file of its own is named after, or None.

        Args:
            source: the annotation file.
            said: the name it gives, which decides between images of one stem.
        """
        named = self._images_by_stem.get(_without_suffix(posixpath.basename(source)).lower(), ())
        beside = [n for n in named if posixpath.dirname(n) == posixpath.dirname(source)]
        split = split_of_folders(source)
        return nearest(beside or self._of_split(named, split), said, source, split)

    def inside(self, said: str, source: str) -> str:
        """Return a name from a file in plain form: relative, with ``/``, without ``.``.

        Raises:
            DatasetError: the name is absolute or leads out of the set's folder.
        """
        name = said.strip().replace("\\", "/")
        plain = posixpath.normpath(name)
        if name.startswith("/") or re.match(r"[A-Za-z]:/", name) or plain.split("/")[0] == "..":
            raise DatasetError(
                f"{self.path(source)}: names the file {said!r}, which is absolute or leads out of "
                "the set's folder; write it relative to the folder"
            )
        return plain

    def within(self, place: str, source: str, said: str) -> str:
        """Return a place of a set's description in plain form, steps out of the set undone.

        ``../train/images`` in a ``data.yaml`` at the top is the ``train/images`` beside it, if that
        is there: exports are written that way.

        Raises:
            DatasetError: the place is absolute, or out of the set's folder and not in it either.
        """
        plain = posixpath.normpath(place.replace("\\", "/"))
        steps = plain.split("/")
        while steps and steps[0] == "..":
            steps.pop(0)
        there = "/".join(steps)
        fixed = re.split(r"[*?]", there)[0]
        known = fixed and any(f"{name}/".startswith(fixed) for name in self.names)
        if (
            plain.startswith("/")
            or re.match(r"[A-Za-z]:/", plain)
            or (there != plain and not known)
        ):
            raise DatasetError(
                f"{self.path(source)}: names {said!r}, which is absolute or leads out of the set's "
                "folder; write it relative to the folder"
            )
        return there or "."

    def resolve(self, said: str, source: str) -> str:
        """Return the file a description names, from its own folder or the set's, or empty."""
        plain = self.inside(said, source)
        own = posixpath.normpath(posixpath.join(posixpath.dirname(source), plain))
        tails = [own, plain, posixpath.join(posixpath.dirname(source), posixpath.basename(plain))]
        return next((name for name in tails if name in self.name_set), "")

    def _of_split(self, names: Sequence[str], split: str) -> Sequence[str]:
        """Return the names without those in another split's folder, if this split has a folder.

        Many sets count their images from 1 in every split: ``test/1.jpg`` must not stand in for
        a missing ``train/1.jpg``.
        """
        if split not in self._splits_of_images:
            return names
        return [name for name in names if split_of_folders(name) in {"", split}]

    @cached_property
    def _splits_of_images(self) -> frozenset[str]:
        folders = {posixpath.dirname(name) + "/" for name in self.images}
        return frozenset(split_of_folders(folder) for folder in folders) - {""}

    @cached_property
    def _images_by_name(self) -> dict[str, list[str]]:
        return _grouped(self.images, lambda base: base)

    @cached_property
    def _images_by_stem(self) -> dict[str, list[str]]:
        return _grouped(self.images, _without_suffix)

    def sharing_a_stem(self) -> list[tuple[str, str]]:
        """Return (first, other) for images of one folder that differ in their suffix alone."""
        firsts: dict[str, str] = {}
        shared = []
        for name in self.images:
            first = firsts.setdefault(_without_suffix(name).lower(), name)
            if first != name:
                shared.append((first, name))
        return shared


def split_of_folders(name: str) -> str:
    """Return the split that a path's folders tell (``train2017/…``), or an empty string."""
    for folder in name.split("/")[:-1]:
        if found := _SPLIT_FOLDER.fullmatch(folder.lower()):
            return _SPLITS[found[0][:3]]
    return ""


def split_of_file(name: str) -> str:
    """Return the split a file's own name tells (``instances_train2017.json``), or its folders'."""
    words = re.split(r"[^a-z]+", PurePosixPath(name).stem.lower())
    for word in words:
        if _SPLIT_FOLDER.fullmatch(word):
            return _SPLITS[word[:3]]
    return split_of_folders(name)


def nearest(names: Sequence[str], said: str, source: str, split: str) -> str | None:
    """Return the name that fits best: as written, of the split, near the source, short."""
    if len(names) < 2:
        return names[0] if names else None
    said = said.strip().replace("\\", "/").removeprefix("./")

    def rank(name: str) -> tuple[bool, int, int, bool, int, str]:
        return (
            bool(split) and split_of_folders(name) != split,
            -_shared(name.split("/")[:-1], source.split("/")[:-1]),
            -_shared(name.split("/")[-2::-1], source.split("/")[-2::-1]),
            not name.endswith(said),
            len(name),
            name,
        )

    return min(names, key=rank)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many folders two paths share from their start on."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _walk(root: Path) -> Iterable[str]:
    """Yield all files below a folder; linked folders are followed, each once."""
    seen: set[str] = set()
    for place, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _SKIPPED_FOLDERS]
        below = os.path.relpath(place, root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        yield from (prefix + file for file in files if not file.startswith("."))


def _fitting(names: Sequence[str], tail: str, key: Callable[[str], str] = str) -> list[str]:
    """Return the names that end with ``tail`` or that ``tail`` ends with, whole folders only."""
    fitting = []
    for name in names:
        plain = key(name.lower())
        longer, shorter = (plain, tail) if len(plain) >= len(tail) else (tail, plain)
        if longer == shorter or longer.endswith("/" + shorter):
            fitting.append(name)
    return fitting


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(posixpath.basename(name).lower())].append(name)
    return dict(groups)


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _without_suffix(name: str) -> str:
    return posixpath.splitext(name)[0]
