"""The files below a set's folder, listed once; names in annotations only select from the list.

So no name in a file can lead out of the folder, and case, slashes, suffixes and nesting are handled
in one place for all formats.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.images import SUFFIXES
from datasets.path_names import (
    fitting,
    grouped,
    is_absolute,
    leads_out,
    plain,
    shared_folders,
    suffix_of,
    walk,
    without_suffix,
)
from datasets.regular_files import content
from datasets.split_names import split_of_folders

MOST_TEXT_BYTES = 512 * 2**20  # of a CSV or list file
_BYTE_ORDER_16 = (b"\xff\xfe", b"\xfe\xff")


class Files:
    """Everything below a folder, hidden files left out.

    Attributes:
        root: the folder.
        names: all paths below it, with ``/``, sorted.
        doubtful: for a source and a name in it that fits several images alike, the one taken and
            another.
    """

    def __init__(self, root: Path) -> None:
        """List the folder.

        Raises:
            DatasetError: it is no folder, or a file has a name that is no text.
        """
        if not root.is_dir():
            raise DatasetError(f"{root}: is not a folder; --dataset takes the folder of a set")
        self.root = root
        self.doubtful: dict[tuple[str, str], tuple[str, str]] = {}
        self.names: tuple[str, ...] = tuple(sorted(walk(root)))
        for name in self.names:
            if not name.isascii() and name.encode(errors="replace").decode() != name:
                raise DatasetError(f"{root}: the file name {name!r} is not UTF-8; rename the file")

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The names of image files, sorted."""
        return self.with_suffix(*SUFFIXES)

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """Return the names that end so, in whatever case, sorted."""
        return tuple(name for name in self.names if suffix_of(name) in suffixes)

    @cached_property
    def name_set(self) -> frozenset[str]:
        """The names of all files."""
        return frozenset(self.names)

    def without_images(self, sources: Sequence[str]) -> str:
        """Return the sentence for sources of which no image is here."""
        return (
            f"{self.root}: none of the images named in {', '.join(sources)} is among its "
            f"{len(self.images)} images"
        )

    def text(self, name: str) -> str:
        """Return a text file, UTF-8 or UTF-16, without a byte order mark.

        Raises:
            DatasetError: it can't be read as text, or is too large to be a list.
        """
        path = self.root / name
        try:
            data = content(path, MOST_TEXT_BYTES)
            return data.decode("utf-16" if data[:2] in _BYTE_ORDER_16 else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise DatasetError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
        except OSError as error:
            raise DatasetError(f"{path}: can't be read ({error.strerror})") from error

    def image(self, name: str, source: str, split: str = "") -> str | None:
        """Return the image an annotation file refers to, or None.

        Args:
            name: as it is written there, in whatever case and with any slashes.
            source: the annotation file; of several images the one nearest to it is taken.
            split: that it belongs to, where it is known.

        Raises:
            DatasetError: the name is absolute or leads out of the set's folder.
        """
        tail = self.inside(name, source).lower()
        named = fitting(self._images_by_name.get(posixpath.basename(tail), ()), tail)
        if not named:
            stem = without_suffix(tail)
            candidates = self._images_by_stem.get(posixpath.basename(stem), ())
            named = fitting(candidates, stem, without_suffix)
        return self._nearest(self._of_split(named, split), name, source, split)

    def image_beside(self, source: str, name: str) -> str | None:
        """Return the image with the stem of an annotation file of its own, or None.

        Args:
            source: the annotation file.
            name: of the image as written there, which decides between images of one stem.
        """
        named = self._images_by_stem.get(without_suffix(posixpath.basename(source)).lower(), ())
        beside = [n for n in named if posixpath.dirname(n) == posixpath.dirname(source)]
        split = split_of_folders(source)
        return self._nearest(beside or self._of_split(named, split), name, source, split)

    def inside(self, written: str, source: str) -> str:
        """Return a name from a file in plain form: relative, with ``/``, without ``.``.

        Raises:
            DatasetError: the name is absolute or leads out of the set's folder.
        """
        if leads_out(written.strip()):
            raise self._outside(source, written)
        return plain(written.strip())

    def _outside(self, source: str, written: str) -> DatasetError:
        return DatasetError(
            f"{self.root / source}: names {written!r}, which is absolute or leads out of the set's "
            "folder; write it relative to the folder"
        )

    def within(self, place: str, source: str, written: str) -> str:
        """Return a place of a set's description in plain form, steps out of the set undone.

        ``../train/images`` in a ``data.yaml`` at the top is the ``train/images`` beside it: exports
        are written that way, and name a split's folder even if the split is empty and not there.

        Raises:
            DatasetError: the place is absolute, or out of the set's folder and not in it either.
        """
        named = plain(place)
        there = re.sub(r"^(\.\.(/|$))+", "", named)
        fixed = re.split(r"[*?]", there)[0]
        known = fixed and any(f"{name}/".startswith(fixed) for name in self.names)
        known = known or bool(split_of_folders(f"{there}/"))
        if is_absolute(named) or (there != named and not known):
            raise self._outside(source, written)
        return there or "."

    def resolve(self, name: str, source: str) -> str:
        """Return the file a description names, from its own folder or the set's, or empty."""
        plain, folder = self.inside(name, source), posixpath.dirname(source)
        own = posixpath.normpath(posixpath.join(folder, plain))
        places = [own, plain, posixpath.join(folder, posixpath.basename(plain))]
        return next((place for place in places if place in self.name_set), "")

    def _of_split(self, names: Sequence[str], split: str) -> Sequence[str]:
        """Return the names without those in another split's folder, if this split has a folder.

        Many sets count their images from 1 in every split: ``test/1.jpg`` must not stand in for
        a missing ``train/1.jpg``.
        """
        if split not in self._splits_of_images:
            return names
        return [name for name in names if split_of_folders(name) in {"", split}]

    def _nearest(self, names: Sequence[str], written: str, source: str, split: str) -> str | None:
        """Return the name that fits best: of the split, near the source, as written; or None.

        Where several fit equally, `doubtful` notes it.
        """
        if len(names) < 2:
            return names[0] if names else None
        tail = written.strip().replace("\\", "/").removeprefix("./")

        def rank(name: str) -> tuple[bool, int, int, bool]:
            folders, others = name.split("/")[:-1], source.split("/")[:-1]
            return (
                bool(split) and split_of_folders(name) != split,
                -shared_folders(folders, others),
                -shared_folders(folders[::-1], others[::-1]),
                not name.endswith(tail),
            )

        first, second = sorted(names, key=lambda name: (rank(name), len(name), name))[:2]
        if rank(first) == rank(second):
            self.doubtful.setdefault((source, written), (first, second))
        return first

    @cached_property
    def _splits_of_images(self) -> frozenset[str]:
        folders = {posixpath.dirname(name) + "/" for name in self.images}
        return frozenset(split_of_folders(folder) for folder in folders) - {""}

    @cached_property
    def _images_by_name(self) -> dict[str, list[str]]:
        return grouped(self.images)

    @cached_property
    def _images_by_stem(self) -> dict[str, list[str]]:
        return grouped(self.images, without_suffix)

    def sharing_a_stem(self) -> list[tuple[str, str]]:
        """Return (first, other) for images of one folder that differ in their suffix alone."""
        firsts: dict[str, str] = {}
        pairs = ((firsts.setdefault(without_suffix(n).lower(), n), n) for n in self.images)
        return [(first, name) for first, name in pairs if first != name]
