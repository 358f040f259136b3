"""Where a YOLO set says its class names and splits: ``data.yaml``, ``obj.data`` or lists of names.

Entries are folders, lists of files or patterns, relative to the file, to its ``path`` or to the
set's folder. Exports often write ``../train/images`` for a ``train`` that is beside ``data.yaml``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.problems import Kind
from datasets.raw import RawSet
from datasets.split_names import split_of_folders

SPLIT_KEYS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "classes.names", "labels.txt")
_MOST_YAML_CHARACTERS = 1_000_000
_MOST_STARS = 6  # of a pattern; matching many would take ages


@dataclass(frozen=True)
class YoloConfig:
    """What a set says of itself.

    Attributes:
        source: the file that says it; empty if there is none.
        class_names: by number; empty if no file tells.
        entries: what it says of each split, as written.
        base: the folder its ``path`` names, inside the set's.
        has_keypoints: whether objects have keypoints after their box.
    """

    source: str = ""
    class_names: Mapping[int, str] | None = None
    entries: Mapping[str, tuple[str, ...]] | None = None
    base: str = ""
    has_keypoints: bool = False


def find_config(files: Files) -> YoloConfig:
    """Return what the set says of itself.

    Raises:
        DatasetError: its file is not what it should be.
    """
    for name in sorted(files.with_suffix(".yaml", ".yml"), key=_nearest_root):
        text = files.text(name)
        if re.search(r"^['\"]?(names|nc)['\"]?\s*:", text, re.MULTILINE):
            return _from_mapping(files, name, _yaml(files, name, text))
    for name in sorted(files.with_suffix(".data"), key=_nearest_root):
        pairs = [line.partition("=") for line in files.text(name).splitlines()]
        said = {key.strip(): value.strip() for key, equals, value in pairs if equals}
        if "names" in said:
            listed = files.resolve(said["names"], name) or _name_list(files)
            names = {} if not listed else _names_by_line(files, listed)
            return _from_mapping(files, name, {**said, "names": names})
    listed = _name_list(files)
    return YoloConfig(listed, _names_by_line(files, listed)) if listed else YoloConfig()


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
            found = _images(files, config, entry, raw, split)
            if not found:
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
        place = files.within(posixpath.join(base, entry), config.source, entry)
        if place in files.name_set and place.lower().endswith(".txt"):
            return _listed(files, place, raw, split)
        if place in files.name_set:
            return [place] if place in files.image_set else []
        pattern = _as_pattern(place)
        if found := [name for name in files.images if pattern.fullmatch(name)]:
            return found
    # Darknet writes lists as they lay where it was started, with a folder in front.
    listed = files.resolve(posixpath.basename(entry), config.source)
    return _listed(files, listed, raw, split) if listed.lower().endswith(".txt") else []


def _listed(files: Files, source: str, raw: RawSet, split: str) -> list[str]:
    """Return the images a list of files names."""
    found = []
    for number, line in enumerate(files.text(source).splitlines(), 1):
        if not line.strip():
            continue
        name = files.image(line, source, split)
        if name is None:
            raw.add_problem(
                Kind.NO_IMAGE, source, f"no image called {line.strip()}; left out", number
            )
        else:
            found.append(name)
    return found


def _as_pattern(place: str) -> re.Pattern[str]:
    """Return what matches the images in a folder or of a pattern with ``*``, ``**`` and ``?``."""
    if not re.search(r"[*?]", place):
        return re.compile(".*" if place == "." else re.escape(place) + "/.*")
    tokens = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", place)
    return re.compile("".join(tokens.get(part, re.escape(part)) for part in parts))


def _from_mapping(files: Files, source: str, said: Mapping[str, Any]) -> YoloConfig:
    entries = {
        SPLIT_KEYS[key]: _strings(files, source, key, value)
        for key, value in said.items()
        if key in SPLIT_KEYS and value
    }
    base = said.get("path") or ""
    # Where the set once lay on somebody's disk says nothing about where it lies now.
    there = isinstance(base, str) and not re.match(r"[/~\\]|[A-Za-z]:|\.\.", base)
    return YoloConfig(
        source,
        _names(files, source, said),
        {key: entries[key] for key in ("train", "val", "test") if key in entries},
        base.replace("\\", "/") if there else "",
        "kpt_shape" in said,
    )


def _yaml(files: Files, name: str, text: str) -> Mapping[str, Any]:
    if len(text) > _MOST_YAML_CHARACTERS:
        raise DatasetError(f"{files.path(name)}: is too long for a description of a set")
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = " ".join(str(error).split())[:200]
        raise DatasetError(f"{files.path(name)}: is not YAML ({first}); mend it") from error
    if not isinstance(said, dict):
        raise DatasetError(f"{files.path(name)}: is not a list of keys and values; mend it")
    return {str(key): value for key, value in said.items()}


def _strings(files: Files, source: str, key: str, value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) and part.count("*") <= _MOST_STARS for part in parts):
        raise DatasetError(
            f"{files.path(source)}: {key} must be a folder, a pattern or a list of them"
        )
    return tuple(parts)


def _names(files: Files, source: str, said: Mapping[str, Any]) -> dict[int, str]:
    names = said.get("names")
    try:
        if isinstance(names, list):
            return {number: _name(name) for number, name in enumerate(names)}
        if isinstance(names, dict):
            return {int(number): _name(name) for number, name in names.items()}
        if names is None:
            return {number: str(number) for number in range(min(int(said.get("nc", 0)), 10_000))}
    except (TypeError, ValueError):
        pass
    raise DatasetError(f"{files.path(source)}: names must be a list or numbers with their names")


def _name(said: Any) -> str:
    if isinstance(said, str | int | float):
        return str(said)
    raise TypeError


def _name_list(files: Files) -> str:
    lists = [n for n in files.names if posixpath.basename(n).lower() in NAME_LISTS]
    return min(lists, key=_nearest_root, default="")


def _names_by_line(files: Files, name: str) -> dict[int, str]:
    lines = [line.strip() for line in files.text(name).splitlines()]
    return {number: line for number, line in enumerate(lines) if line}


def _nearest_root(name: str) -> tuple[int, str]:
    return name.count("/"), name
