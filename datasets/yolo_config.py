"""Where a YOLO set has its class names and splits: ``data.yaml``, ``obj.data`` or lists of names.

Names are text as it is written, whatever YAML makes of ``yes``, ``007`` or ``12:30``. Where a set
has lists of names and nothing else, each counts for the labels nearest to it: labelImg leaves one
in each folder, and their orders may differ.
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
from datasets.images import SUFFIXES
from datasets.path_names import shared_folders, suffix_of
from datasets.places import resolve

SPLIT_KEYS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "classes.names", "labels.txt")
# Lists that count where there is none of those: tools have them for more sets than one.
_OTHER_LISTS = re.compile(r"(_classes|class_?names|names|predefined_classes)\.txt|.*\.names")
_MOST_YAML_CHARACTERS = 1_000_000
_NOTHING = ("", "~", "null", "Null", "NULL")  # what YAML has for no value
_MOST_STARS = 6  # of a pattern; matching many would take ages


class _AsWritten(yaml.SafeLoader):
    """Reads every value as text: ``no`` is no Boolean, ``2020-01-01`` no date."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - typed by the base class


@dataclass(frozen=True)
class YoloConfig:
    """How a set describes itself.

    Attributes:
        source: the file that does; empty if there is none.
        class_names: by number; empty if no file has them.
        lists: the names by number of each list of names, by its file.
        is_described: whether a file describes the set, whose names count for all labels.
        entries: those of each split, as written.
        base: the folder its ``path`` names, inside the set's.
        has_keypoints: whether objects have keypoints after their box.
        stated_classes: how many there are by its ``nc``, None where it has none.
    """

    source: str = ""
    class_names: Mapping[int, str] = field(default_factory=dict)
    lists: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    is_described: bool = False
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: str = ""
    has_keypoints: bool = False
    stated_classes: int | None = None

    @property
    def disagreeing(self) -> list[str]:
        """The lists that name other classes, or in another order, than what is taken first."""
        return [name for name, names in self.lists.items() if names != self.class_names]

    @property
    def what_counts(self) -> str:
        """Which names count where lists disagree, as half a sentence."""
        return "which counts" if self.is_described else "and each counts for the labels nearest"

    def all_names(self) -> list[str]:
        """Return every class name, in the order of numbers."""
        used = [self.class_names, *([] if self.is_described else self.lists.values())]
        return [name for names in used for _, name in sorted(names.items())]

    def names_for(self, label: str) -> Mapping[int, str]:
        """Return the names by number that count for a label file."""
        if self.is_described or not self.disagreeing:
            return self.class_names
        folders = label.split("/")[:-1]

        def nearness(name: str) -> tuple[int, int, str]:
            own = name.split("/")[:-1]
            return -shared_folders(own, folders), len(own), name

        return self.lists[min(self.lists, key=nearness)]


def find_config(files: Files) -> YoloConfig:
    """Return how the set describes itself.

    Raises:
        DatasetError: its file is not what it should be.
    """
    lists = _name_lists(files)
    described = [(name, files.text(name)) for name in files.with_suffix(".yaml", ".yml")]
    for name, text in sorted(described, key=_likeness):
        if re.search(r"^['\"]?(names|nc)['\"]?\s*:", text, re.MULTILINE):
            return _from_mapping(files, name, _yaml(files, name, text), lists)
    for name in sorted(files.with_suffix(".data"), key=_nearest_root):
        pairs = [line.partition("=") for line in files.text(name).splitlines()]
        values = {key.strip(): value.strip() for key, equals, value in pairs if equals}
        if "names" in values:
            listed = resolve(files, values["names"], name) or next(iter(lists), "")
            named = {**values, "names": _names_by_line(files, listed)}
            return _from_mapping(files, name, named, lists)
    first = next(iter(lists), "")
    return YoloConfig(first, lists.get(first, {}), lists)


def _likeness(described: tuple[str, str]) -> tuple[bool, bool, tuple[int, str]]:
    """Sort descriptions of a set before those of a network, which has a number of classes too."""
    name, text = described
    has_names = re.search(r"^['\"]?names['\"]?\s*:", text, re.MULTILINE)
    has_splits = re.search(r"^['\"]?(train|val|test)['\"]?\s*:", text, re.MULTILINE)
    return has_names is None, has_splits is None, _nearest_root(name)


def _from_mapping(
    files: Files,
    source: str,
    values: Mapping[str, object],
    lists: Mapping[str, Mapping[int, str]],
) -> YoloConfig:
    entries = {
        SPLIT_KEYS[key]: _strings(files, source, key, value)
        for key, value in values.items()
        if key in SPLIT_KEYS and value not in _NOTHING
    }
    base = values.get("path") or ""
    # Where the set once was on somebody's disk does not matter for where it is now.
    if not isinstance(base, str) or base in _NOTHING or re.match(r"[/~\\]|[A-Za-z]:|\.\.", base):
        base = ""
    return YoloConfig(
        source,
        _names(files, source, values, lists),
        lists,
        True,
        {split: entries[split] for split in SPLITS if split in entries},
        base.replace("\\", "/"),
        "kpt_shape" in values,
        _stated_classes(values),
    )


def _stated_classes(values: Mapping[str, object]) -> int | None:
    text = values.get("nc")
    if not isinstance(text, str):  # a list of aliases, written out, may fill the memory
        return None
    return int(text) if re.fullmatch("[0-9]{1,9}", text.strip()) else None


def _yaml(files: Files, name: str, text: str) -> dict[str, object]:
    if len(text) > _MOST_YAML_CHARACTERS:
        raise DatasetError(f"{files.root / name}: is too long for a description of a set")
    try:
        values = yaml.load(text, Loader=_AsWritten)  # noqa: S506 - a safe loader
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


def _names(
    files: Files,
    source: str,
    values: Mapping[str, object],
    lists: Mapping[str, Mapping[int, str]],
) -> dict[int, str]:
    names, classes = values.get("names"), cast("int", values.get("nc", 0))
    if names is None and lists:
        names = dict(next(iter(lists.values())))
    with suppress(TypeError, ValueError, OverflowError):
        if names is None:
            names = range(min(int(classes), 10_000))
        if isinstance(names, list | range):
            names = dict(enumerate(names))
        if isinstance(names, dict) and all(isinstance(n, str | int) for n in names.values()):
            return {int(number): str(name) for number, name in names.items()}
    raise DatasetError(
        f"{files.root / source}: names must be a list or numbers with their names; quote a name "
        "with a colon or brackets"
    )


def is_name_list(name: str) -> bool:
    """Say whether a file is called as lists of class names are."""
    base = posixpath.basename(name).lower()
    return base in _NAME_LISTS or _OTHER_LISTS.fullmatch(base) is not None


def _name_lists(files: Files) -> dict[str, dict[int, str]]:
    """Return the names of each list of names, that nearest to the set's folder first."""
    named = filter(is_name_list, files.with_suffix(".txt", ".names", ".labels"))
    found = sorted(named, key=_nearest_root)
    sure = [name for name in found if posixpath.basename(name).lower() in _NAME_LISTS]
    lists = {name: _names_by_line(files, name) for name in sure or found}
    # What has such a name may be a list of images.
    return {
        name: names
        for name, names in lists.items()
        if name in sure or not any(suffix_of(each) in SUFFIXES for each in names.values())
    }


def _names_by_line(files: Files, name: str) -> dict[int, str]:
    """Return the names of a list by line, none without a list."""
    lines = files.text(name).splitlines() if name else []
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _nearest_root(name: str) -> tuple[int, str]:
    return name.count("/"), name
