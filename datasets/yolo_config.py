"""Where a YOLO set has its class names and splits: ``data.yaml``, ``obj.data`` or lists of names.

Entries are folders, lists of files or patterns, relative to the file, to its ``path`` or to the
set's folder. Exports often write ``../train/images`` for a ``train`` that is beside ``data.yaml``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import yaml

from datasets.annotations import SPLITS, DatasetError
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
    """How a set describes itself.

    Attributes:
        source: the file that does; empty if there is none.
        class_names: by number; empty if no file has them.
        entries: those of each split, as written.
        base: the folder its ``path`` names, inside the set's.
        has_keypoints: whether objects have keypoints after their box.
    """

    source: str = ""
    class_names: Mapping[int, str] = field(default_factory=dict)
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: str = ""
    has_keypoints: bool = False


def find_config(files: Files) -> YoloConfig:
    """Return how the set describes itself.

    Raises:
        DatasetError: its file is not what it should be.
    """
    for name in sorted(files.with_suffix(".yaml", ".yml"), key=_nearest_root):
        text = files.text(name)
        if re.search(r"^['\"]?(names|nc)['\"]?\s*:", text, re.MULTILINE):
            return _from_mapping(files, name, _yaml(files, name, text))
    for name in sorted(files.with_suffix(".data"), key=_nearest_root):
        pairs = [line.partition("=") for line in files.text(name).splitlines()]
        values = {key.strip(): value.strip() for key, equals, value in pairs if equals}
        if "names" in values:
            listed = files.resolve(values["names"], name) or _name_list(files)
            return _from_mapping(files, name, {**values, "names": _names_by_line(files, listed)})
    return YoloConfig(_name_list(files), _names_by_line(files, _name_list(files)))


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
        place = files.within(posixpath.join(base, entry), config.source, entry)
        if place in files.name_set and place.lower().endswith(".txt"):
            return _listed(files, place, raw, split)
        if place in files.name_set:
            return [place] if place in files.images else []
        pattern = _as_pattern(place)
        if found := [name for name in files.images if pattern.fullmatch(name)]:
            return found
    # Darknet's lists are relative to where it was started, with a folder in front.
    listed = files.resolve(posixpath.basename(entry), config.source)
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


def _from_mapping(files: Files, source: str, values: Mapping[str, object]) -> YoloConfig:
    entries = {
        SPLIT_KEYS[key]: _strings(files, source, key, value)
        for key, value in values.items()
        if key in SPLIT_KEYS and value
    }
    base = values.get("path") or ""
    # Where the set once was on somebody's disk does not matter for where it is now.
    if not isinstance(base, str) or re.match(r"[/~\\]|[A-Za-z]:|\.\.", base):
        base = ""
    return YoloConfig(
        source,
        _names(files, source, values),
        {split: entries[split] for split in SPLITS if split in entries},
        base.replace("\\", "/"),
        "kpt_shape" in values,
    )


def _yaml(files: Files, name: str, text: str) -> dict[str, object]:
    if len(text) > _MOST_YAML_CHARACTERS:
        raise DatasetError(f"{files.root / name}: is too long for a description of a set")
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = " ".join(str(error).split())[:200]
        raise DatasetError(f"{files.root / name}: is not YAML ({first}); repair it") from error
    if not isinstance(values, dict):
        raise DatasetError(f"{files.root / name}: is not a list of keys and values; repair it")
    return {str(key): value for key, value in values.items()}


def _strings(files: Files, source: str, key: str, value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) and part.count("*") <= _MOST_STARS for part in parts):
        raise DatasetError(
            f"{files.root / source}: {key} must be a folder, a pattern or a list of them"
        )
    return tuple(parts)


def _names(files: Files, source: str, values: Mapping[str, object]) -> dict[int, str]:
    names, classes = values.get("names"), cast("int", values.get("nc", 0))
    with suppress(TypeError, ValueError, OverflowError):
        if names is None:
            names = range(min(int(classes), 10_000))
        if isinstance(names, list | range):
            names = dict(enumerate(names))
        if isinstance(names, dict) and all(
            isinstance(n, str | int | float) for n in names.values()
        ):
            return {int(number): str(name) for number, name in names.items()}
    raise DatasetError(f"{files.root / source}: names must be a list or numbers with their names")


def _name_list(files: Files) -> str:
    lists = [n for n in files.names if posixpath.basename(n).lower() in NAME_LISTS]
    return min(lists, key=_nearest_root, default="")


def _names_by_line(files: Files, name: str) -> dict[int, str]:
    """Return the names of a list by line, none without a list."""
    lines = files.text(name).splitlines() if name else []
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _nearest_root(name: str) -> tuple[int, str]:
    return name.count("/"), name
