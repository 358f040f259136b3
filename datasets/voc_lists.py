"""The splits of Pascal VOC: lists of image stems in ``ImageSets/Main``."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from datasets.files import Files
from datasets.problems import Kind
from datasets.raw import RawSet

LISTS = ("train", "val", "test", "trainval")


@dataclass(frozen=True)
class ListedSplits:
    """What ``ImageSets/Main`` says: the list, split and line of each stem.

    Attributes:
        folder: of the lists.
        stems: split and line by stem; an image is in the first split that lists it.
        unmet: the stems no image was found for yet.
    """

    folder: str
    stems: dict[str, tuple[str, int]]
    unmet: set[str]

    def split_of(self, image: str) -> str | None:
        """Return the split of an image, by its longest listed name; None if it is in no list."""
        parts = posixpath.splitext(image)[0].split("/")
        for tail in ("/".join(parts[start:]) for start in range(len(parts))):
            if tail in self.stems:
                self.unmet.discard(tail)
                return self.stems[tail][0].replace("trainval", "train")
        return None


def listed_splits(files: Files, raw: RawSet) -> ListedSplits | None:
    """Return the lists of ``ImageSets/Main``, or None if there are none."""
    lists = [name for name in files.with_suffix(".txt") if _is_list(name)]
    folder = min((posixpath.dirname(name) for name in lists), key=len, default="")
    # A list of train and val together only adds what neither of the two has.
    names = [f"{folder}/{split}.txt" for split in LISTS if f"{folder}/{split}.txt" in lists]
    stems: dict[str, tuple[str, int]] = {}
    for name in names:
        split = posixpath.basename(name)[:-4]
        if split == "trainval" and f"{folder}/train.txt" in names:
            continue
        for number, line in enumerate(files.text(name).splitlines(), 1):
            words = line.split()
            if len(words) > 1 and words[-1] in {"1", "-1", "0"}:  # as in the lists of one class
                words.pop()
            stem = " ".join(words).removesuffix(".jpg")
            first, _ = stems.setdefault(stem, (split, number)) if stem else (split, 0)
            if split not in {first, "trainval"}:
                raw.say(Kind.LISTED, name, f"{stem} is listed for {first} and stays there", number)
    return ListedSplits(folder, stems, set(stems)) if stems else None


def _is_list(name: str) -> bool:
    folder, base = posixpath.split(name)
    return folder.lower().endswith("imagesets/main") and base[:-4] in LISTS
