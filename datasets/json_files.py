"""JSON annotation files: by which keys one is known, and its content in a reader's own types.

Files are decoded straight into the few fields that a reader needs, so that what a stranger put
beside them costs no memory. Each file's beginning is read once, whatever formats ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.encodings import MOST_TEXT_BYTES, as_utf8
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawSet
from datasets.regular_files import content, opened

_HEAD_BYTES = 2**16
_KEY = re.compile(rb'"([A-Za-z_]\w{0,39})"\s*:')
_IN_LONG_TEXT = re.compile(rb'"[^"]{16384,}\Z')
Name = str | int | float | bool | None  # of a class: tools write numbers as they are
T = TypeVar("T")


@dataclass(frozen=True)
class JsonHead:
    """What a JSON file begins with: ``{`` or ``[``, and the keys in its first 64 KiB.

    Long texts do not count: LabelMe keeps the picture itself, and some tools before all else.
    """

    opening: str
    keys: frozenset[str]


@lru_cache(maxsize=1)
def json_heads(files: Files) -> dict[str, JsonHead]:
    """Return the beginning of each JSON file of a set, by name."""
    return {
        name: _head(files.root / name)
        for name in files.with_suffix(".json")
        if files.is_regular(name)
    }


def _head(path: Path) -> JsonHead:
    with opened(path) as stream:
        data = stream.read(_HEAD_BYTES)
        while _IN_LONG_TEXT.search(data) and (part := stream.read(_HEAD_BYTES)):
            end = part.find(b'"')
            data += part[end:] + stream.read(_HEAD_BYTES) if end >= 0 else b""
    with suppress(UnicodeDecodeError):  # what is no text has no keys either
        data = as_utf8(data).lstrip()
    keys = frozenset(key.decode() for key in _KEY.findall(data))
    return JsonHead(data[:1].decode("ascii", "replace"), keys)


def decoded(path: Path, kind: type[T]) -> T:
    """Return what a file holds, UTF-8 or UTF-16.

    Raises:
        ValueError: it can't be used, in half a sentence.
    """
    try:
        if not path.is_file():
            raise ValueError("is no regular file")
        if path.stat().st_size > MOST_TEXT_BYTES:
            raise ValueError(f"has over {MOST_TEXT_BYTES} bytes; split the file")
        data = content(path, MOST_TEXT_BYTES)
        return msgspec.json.decode(as_utf8(data), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"has another shape ({error})") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from error
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from error


def documents(
    files: Files, raw: RawSet, names: Collection[str], kind: type[T], track: Track
) -> Iterator[tuple[str, T]]:
    """Yield each file with its content; those that can't be used are left out and noted."""
    for name in track(names, "reading annotations", len(names)):
        try:
            content = decoded(files.root / name, kind)
        except ValueError as error:
            raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; left out")
        else:
            yield name, content


def class_text(name: Name) -> str:
    """Return a class name as it was written, empty for none."""
    if isinstance(name, bool):
        return "true" if name else "false"
    if isinstance(name, float) and name.is_integer():
        name = int(name)
    return "" if name is None else str(name)
