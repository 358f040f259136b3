"""The files below a set's folder, listed once; names in annotations only select from the list.

So no name in a file can lead out of the folder, and case, slashes, suffixes and nesting are handled
in one place for all formats. Where a name is of another place, as of the machine it was labelled
on, its last parts are looked up in the list.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.encodings import read_text
from datasets.images import SUFFIXES, UNREAD_SUFFIXES
from datasets.path_names import (
    fitting,
    folded,
    grouped,
    inside,
    is_text,
    last_part,
    plain,
    shared_folders,
    sharing_most,
    spellings,
    suffix_of,
    walk,
    without_suffix,
)
from datasets.split_names import split_of_folders

_MANY = 16  # images of one name in as many folders, from which on folders are looked up
_PICTURES = SUFFIXES | UNREAD_SUFFIXES
_MASKS = re.compile("mask|trimap|segmentation")  # folders of pictures that show no photograph


class Files:
    """Everything below a folder, hidden files left out.

    Attributes:
        root: the folder.
        names: all paths below it, with ``/``, sorted.
        misnamed: those whose name is no text, which are left out.
        doubtful: for a source and a name in it that fits several images alike, the one taken and
            another.
        irregular: pipes, devices and the like by the names of annotation files, as far as they
            were come across.
        led_out: for a source and a name in it that leads out of the folder, what was taken inside.
    """

    def __init__(self, root: Path) -> None:
        """List the folder.

        Raises:
            DatasetError: it is no folder.
        """
        if not root.is_dir():
            raise DatasetError(f"{root}: is not a folder; --dataset takes the folder of a set")
        self.root = root
        self.doubtful: dict[tuple[str, str], tuple[str, str]] = {}
        self.irregular: set[str] = set()
        self.led_out: dict[tuple[str, str], str] = {}
        self._taken: dict[tuple[str, str], str] = {}  # by source and image: the name it went by
        found = sorted(walk(root))
        self.names: tuple[str, ...] = tuple(name for name in found if is_text(name))
        self.misnamed: tuple[str, ...] = tuple(name for name in found if not is_text(name))

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The names of image files, sorted."""
        return self.with_suffix(*SUFFIXES)

    @cached_property
    def unread_pictures(self) -> tuple[str, ...]:
        """The names of pictures in formats that can't be read, sorted."""
        return self.with_suffix(*UNREAD_SUFFIXES)

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """Return the names that end so, in whatever case, sorted."""
        found = [self._by_suffix.get(suffix, []) for suffix in suffixes]
        return tuple(found[0] if len(found) == 1 else sorted(chain(*found)))

    @cached_property
    def _by_suffix(self) -> dict[str, list[str]]:
        return grouped(self.names, suffix_of)

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

    def is_regular(self, name: str) -> bool:
        """Say whether a name is a regular file's, and note where it is not."""
        is_regular = (self.root / name).is_file()
        if not is_regular:
            self.irregular.add(name)
        return is_regular

    def text(self, name: str) -> str:
        """Return a text file, UTF-8 or UTF-16, without a byte order mark.

        Raises:
            DatasetError: it can't be read as text, or is too large to be a list.
        """
        return read_text(self.root / name)

    def image(self, name: str, source: str, split: str = "") -> str | None:
        """Return the image an annotation file refers to, or None.

        Args:
            name: as it is written there, in whatever case and with any slashes.
            source: the annotation file; of several images the one nearest to it is taken.
            split: that it belongs to, where it is known.

        Raises:
            DatasetError: the name leads out of the folder, and its last parts fit several images.
        """
        for spelt in spellings(name):
            if found := self._image(name, spelt, source, split):
                return found
        return None

    def _image(self, written: str, spelt: str, source: str, split: str) -> str | None:
        exact, leads_out = inside(spelt)
        tail = folded(exact)
        fits = sharing_most if leads_out else fitting
        named = fits(self._images_by_name.get(last_part(tail), ()), tail)
        if not named:
            # An id may have no suffix, and dots that are none; another may be the image's own.
            stems = [tail, *([without_suffix(tail)] if suffix_of(tail) in _PICTURES else [])]
            for stem in stems:
                candidates = self._images_by_stem.get(last_part(stem), ())
                named = named or fits(candidates, stem, without_suffix)
        if not leads_out:
            return self._nearest(self._of_split(named, split), spelt, source, split)
        return self._inside(self._of_split(named, split_of_folders(tail) or split), written, source)

    def _inside(self, names: Sequence[str], written: str, source: str) -> str | None:
        """Return the one image that a name which leads out of the folder can mean.

        Raises:
            DatasetError: there are several, or another name of the source means it already.
        """
        exact = [n for n in names if last_part(n) == last_part(plain(written))]
        names = exact or names
        if len(names) > 1:
            raise DatasetError(
                f"{self.root / source}: names {written!r}, which leads out of the set's folder; "
                f"in it that may be {names[0]} or {names[1]}; write it relative to the folder"
            )
        if not names:
            return None
        first = self._taken.setdefault((source, names[0]), written)
        if folded(inside(first)[0]) != folded(inside(written)[0]):
            raise DatasetError(
                f"{self.root / source}: names {first!r} and {written!r}, which lead out of the "
                f"set's folder, and in it is {names[0]} alone; write them relative to the folder"
            )
        self.led_out.setdefault((source, written), names[0])
        return names[0]

    def image_beside(self, source: str, name: str) -> str | None:
        """Return the image with the stem of an annotation file of its own, or None.

        Args:
            source: the annotation file.
            name: of the image as written there, which decides between images of one stem.
        """
        stem = folded(without_suffix(last_part(source)))
        split = split_of_folders(source)
        if beside := self._beside(posixpath.dirname(source), stem):
            return self._nearest(beside, name, source, split)
        named = [
            *self._images_by_stem.get(stem, ()),
            *self._images_by_name.get(stem, ()),
        ]  # a.jpg.xml
        # Others of the same stem may lie nearer, as masks in `annotations/trimaps`.
        called = folded(last_part(plain(name)))
        others = self._of_split(named, split)
        exact = [n for n in others if folded(last_part(n)) == called]
        return self._nearest(exact or others, name, source, split)

    def _beside(self, folder: str, stem: str) -> list[str]:
        """Return the images of a folder, not of those below, with that stem, `folded`, or name."""
        named = self._images_by_stem.get(stem, ()), self._images_by_name.get(stem, ())
        if sum(map(len, named)) > _MANY:  # as where each folder has its own 1.jpg
            stems, names = self._images_of_folders
            return [*stems.get((folder, stem), ()), *names.get((folder, stem), ())]
        return [n for n in chain(*named) if posixpath.dirname(n) == folder]

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
        stem = last_part(without_suffix(tail or source))
        own = {stem, last_part(tail), last_part(without_suffix(source))}

        def rank(name: str) -> tuple[bool, bool, int, int, bool, bool]:
            folders, others = name.split("/")[:-1], source.split("/")[:-1]
            return (
                any(_MASKS.search(folder.lower()) for folder in folders),
                bool(split) and split_of_folders(name) != split,
                -shared_folders(folders, others),
                -shared_folders(folders[::-1], others[::-1]),
                not name.endswith(tail),
                last_part(without_suffix(name)) not in own,
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
    def _images_of_folders(self) -> tuple[dict[tuple[str, str], list[str]], ...]:
        """The images by folder and stem, and by folder and name, both `folded`."""
        stems: dict[tuple[str, str], list[str]] = {}
        names: dict[tuple[str, str], list[str]] = {}
        for image in self.images:
            folder, name = posixpath.dirname(image), folded(last_part(image))
            stems.setdefault((folder, without_suffix(name)), []).append(image)
            names.setdefault((folder, name), []).append(image)
        return stems, names

    @cached_property
    def _images_by_stem(self) -> dict[str, list[str]]:
        return grouped(self.images, without_suffix)
