"""The splits of Pascal VOC: lists of image stems in ``ImageSets/Main``."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from datasets.files import Files
from datasets.images import SUFFIXES
from datasets.path_names import suffix_of, without_suffix
from datasets.problems import Kind
from datasets.raw import RawSet

LISTS = ("train", "val", "test", "trainval")


@dataclass(frozen=True)
class ListedSplits:
    """What ``ImageSets/Main`` lists: the split of each stem, and where.

    Attributes:
        folders: of the lists; a folder of several years has several.
        stems: split, list and line by stem; an image is in the first split that lists it.
        unmet: the stems no image was found for yet.
    """

    folders: str
    stems: dict[str, tuple[str, str, int]]
    unmet: set[str]

    def split_of(self, image: str) -> str | None:
        """Return the split of an image, by its longest listed name; None if it is in no list."""
        parts = without_suffix(image).split("/")
        for tail in ("/".join(parts[start:]) for start in range(len(parts))):
            if tail in self.stems:
                self.unmet.discard(tail)
                return self.stems[tail][0].replace("trainval", "train")
        return None

    def list_unmet(self, raw: RawSet) -> None:
        """Note every listed stem that no image was found for."""
        for stem in sorted(self.unmet):
            _, source, line = self.stems[stem]
            raw.add_problem(Kind.LISTED, source, f"no annotated image called {stem}", line)


def listed_splits(files: Files, raw: RawSet) -> ListedSplits | None:
    """Return the lists of ``ImageSets/Main``, or None if there are none."""
    lists = [name for name in files.with_suffix(".txt") if _is_list(name)]
    # A list of train and val together comes last and only adds what neither of the two has.
    lists.sort(key=lambda name: (LISTS.index(posixpath.basename(name)[:-4]), name))
    stems: dict[str, tuple[str, str, int]] = {}
    for name in lists:
        folder, split = posixpath.split(name[:-4])
        if split == "trainval" and f"{folder}/train.txt" in lists:
            continue
        for line, text in enumerate(files.text(name).splitlines(), 1):
            if not (stem := _stem(text)):
                continue
            first = stems.setdefault(stem, (split, name, line))[0]
            if split not in {first, "trainval"}:
                raw.add_problem(
                    Kind.LISTED, name, f"{stem} is listed for {first} and stays there", line
                )
    folders = ", ".join(dict.fromkeys(posixpath.dirname(name) for name in lists))
    return ListedSplits(folders, stems, set(stems)) if stems else None


def _stem(line: str) -> str:
    words = line.split()
    if len(words) > 1 and words[-1] in {"1", "-1", "0"}:  # as in the lists of one class
        words.pop()
    name = " ".join(words)
    return without_suffix(name) if suffix_of(name) in SUFFIXES else name


def _is_list(name: str) -> bool:
    folder, base = posixpath.split(name)
    return folder.lower().endswith("imagesets/main") and base[:-4] in LISTS
