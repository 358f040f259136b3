"""Which images of a YOLO set are in which split, as its description has it.

Entries are folders, lists of files or patterns, relative to the file, to its ``path`` or to the
set's folder. Exports often write ``../train/images`` for a ``train`` that is beside ``data.yaml``.
"""

from __future__ import annotations

import posixpath
import re

from datasets.files import Files
from datasets.places import resolve, within
from datasets.problems import Kind
from datasets.raw import RawSet
from datasets.split_names import split_of_folders
from datasets.yolo_config import YoloConfig


def images_of_splits(files: Files, config: YoloConfig, raw: RawSet) -> dict[str, str]:
    """Return the split of each image that belongs to the set; the first split that has it counts.

    Raises:
        DatasetError: an entry leads out of the set's folder.
    """
    if not config.entries:
        return {name: split_of_folders(name) for name in files.images}
    split_of: dict[str, str] = {}
    for split, entries in config.entries.items():
        for entry in entries:
            if not (found := _images(files, config, entry, raw, split)):
                raw.add_problem(Kind.LISTED, config.source, f"{split}: {entry} holds no image")
            for name in found:
                first = split_of.setdefault(name, split)
                if first != split:
                    text = f"{split}: {name} is in {first} too and stays there"
                    raw.add_problem(Kind.LISTED, config.source, text)
    for name in files.images:
        if name not in split_of:
            raw.add_problem(Kind.LISTED, name, f"is in no split of {config.source}; left out")
            raw.left_out.add(name)
    return split_of


def _images(files: Files, config: YoloConfig, entry: str, raw: RawSet, split: str) -> list[str]:
    """Return the images of one entry: a folder, a list or a pattern."""
    own = posixpath.dirname(config.source)
    bases = list(dict.fromkeys([posixpath.join(own, config.base), own, ""]))
    for base in bases:
        place = within(files, posixpath.join(base, entry), config.source, entry)
        if place in files.name_set and place.lower().endswith(".txt"):
            return _listed(files, place, raw, split)
        if place in files.name_set:
            return [place] if place in files.images else []
        pattern = _as_pattern(place)
        if found := [name for name in files.images if pattern.fullmatch(name)]:
            return found
    # Darknet's lists are relative to where it was started, with a folder in front.
    listed = resolve(files, posixpath.basename(entry), config.source)
    return _listed(files, listed, raw, split) if listed.lower().endswith(".txt") else []


def _listed(files: Files, source: str, raw: RawSet, split: str) -> list[str]:
    """Return the images a list of files names."""
    found = []
    for number, line in enumerate(files.text(source).splitlines(), 1):
        if name := files.image(line, source, split) if line.strip() else None:
            found.append(name)
        elif written := line.strip():
            raw.add_problem(Kind.NO_IMAGE, source, f"no image called {written}; left out", number)
    return found


def _as_pattern(place: str) -> re.Pattern[str]:
    """Return what matches the images in a folder or of a pattern with ``*``, ``**`` and ``?``."""
    if not re.search(r"[*?]", place):
        return re.compile(".*" if place == "." else re.escape(place) + "/.*")
    tokens = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", place)
    return re.compile("".join(tokens.get(part, re.escape(part)) for part in parts))
