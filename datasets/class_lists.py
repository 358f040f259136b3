"""Names for classes that tables call by number or by code, from a list beside the tables.

That is a list of names by line, as ``classes.txt``, or a table of two columns of which one has all
the classes, as OpenImages' ``class-descriptions-boxable.csv``.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.problems import Kind
from datasets.raw import RawSet
from datasets.yolo_config import is_name_list

_CODE = re.compile(r"/[a-z]/\w+")  # of Freebase, which OpenImages uses
_MOST_BYTES = 8 * 2**20  # OpenImages' own has half of one MiB
_TABLE = re.compile(r"class|label|name|categor", re.IGNORECASE)


def name_classes(files: Files, raw: RawSet, tables: Collection[str]) -> None:
    """Call classes by their names where they are numbers or codes and a list has them.

    ``tables`` are those of the boxes. What was done, or what is missing, is noted.
    """
    codes = [name for name in raw.class_names if _CODE.fullmatch(name.strip())]
    numbers = [name for name in raw.class_names if name.strip().isdecimal()]
    called = codes or numbers
    if not called or len(called) < len(raw.class_names):
        return
    wanted = {_plain(name) for name in called}
    for source, names in _lists(files, tables):
        known = wanted & names.keys()
        if known == wanted or (codes and known):
            raw.class_names[:] = [names.get(_plain(n), n) for n in raw.class_names]
            text = f"classes are called by {'code' if codes else 'number'}; names from {source}"
            if missing := sorted(wanted - known):
                text += f", which does not have {', '.join(missing)}"
            raw.add_problem(Kind.CLASS, "", text)
            return
    way_out = "class-descriptions-boxable.csv of OpenImages" if codes else "a classes.txt"
    text = f"classes are called by {'code' if codes else 'number'}; {way_out} beside it names them"
    raw.add_problem(Kind.CLASS, "", text)


def _plain(name: str) -> str:
    """Return a number without what makes no difference, a code as it is."""
    name = name.strip()
    return str(int(name)) if name.isdecimal() else name


def _lists(files: Files, tables: Collection[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what may name classes: a file and the names by number or code."""
    for name in files.names:
        base = posixpath.basename(name).lower()
        is_table = base.endswith(".csv") and _TABLE.search(base) and name not in tables
        if not (is_name_list(name) or is_table) or not _is_short(files.root / name):
            continue
        with suppress(DatasetError, csv.Error):  # what is no text is no list
            lines = files.text(name).splitlines()
            if is_table:
                yield from ((name, names) for names in _by_column(list(csv.reader(lines))))
            else:
                yield name, {str(n): line.strip() for n, line in enumerate(lines) if line.strip()}


def _is_short(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= _MOST_BYTES


def _by_column(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Return the names of a table of two columns by either of them that can be what calls them.

    That are codes, or numbers from 0 or 1 on: a table of counts names nothing.
    """
    pairs = [(row[0].strip(), row[1].strip()) for row in rows if len(row) == 2]
    if not pairs or len(pairs) < sum(1 for row in rows if row):
        return []
    found = []
    for key, name in ((0, 1), (1, 0)):
        called = {_plain(pair[key]): pair[name] for pair in pairs if _is_call(pair[key])}
        numbers = sorted(int(number) for number in called if number.isdecimal())
        if called and numbers in [list(range(n, n + len(numbers))) for n in (0, 1)]:
            found.append(called)
    return found


def _is_call(key: str) -> bool:
    return key.isdecimal() or _CODE.fullmatch(key) is not None
