"""Why a table that looks like boxes is not read: it has no header, or lacks a column."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from datasets.csv_columns import columns_of
from datasets.csv_forms import BOX, form_of, lacks_header, plain_name
from datasets.files import Files
from datasets.images import SUFFIXES
from datasets.path_names import suffix_of
from datasets.tables import first_rows, head, without_preamble

_CORNERS = ("x1", "y1", "x2", "y2")
_PARTS = frozenset(
    {*_CORNERS, "x", "y", "left", "top", "right", "bottom", "xmin", "ymin", "xmax", "ymax"}
)
_A_BOX = ["[0, 0, 1, 1]"]  # in a cell, whatever the table has there
_MOST_SHOWN = 200  # characters of a header
_LISTED = 3  # tables that need not be of boxes


def unread_tables(files: Files) -> list[str]:
    """Return half a sentence for each such table, one of those that lack the same."""
    found: dict[str, str] = {}
    for name in files.with_suffix(".csv", ".tsv"):
        line, header = _header(files, name)
        missing = _missing(header)
        names = {plain_name(field) for field in header}
        reason = ""
        if lacks_header(header) or _is_data(header) or _is_data(line.split()):
            reason = "has no header; give it a first line like filename,class,xmin,ymin,xmax,ymax"
        elif len(missing) == 1 and (names & _PARTS or _has_box(header)):
            # Two of the three make a table of boxes; with one it is a table of something else.
            reason = _lacking(header, missing)
        if reason:
            found.setdefault(reason, f"{name} {reason}")
    return list(found.values())


def other_tables(files: Files) -> list[str]:
    """Return half a sentence for each of the first tables, whatever they are of."""
    found = []
    for name in files.with_suffix(".csv", ".tsv")[:_LISTED]:
        _, header = _header(files, name)
        if missing := _missing(header):
            found.append(f"{name} {_lacking(header, missing)}")
    return found


def _header(files: Files, name: str) -> tuple[str, list[str]]:
    """Return the first line of a table, and its cells."""
    line = (without_preamble(head(files, name).splitlines()) or [""])[0]
    delimiter = max(",;\t|", key=line.count)
    return line, next(iter(first_rows(line, delimiter, is_spaced=False)), [])


def _is_data(row: Sequence[str]) -> bool:
    """Say whether a row is one of data: it names an image and has the numbers of a box."""
    numbers = 0
    for field in row:
        with suppress(ValueError):
            float(field)
            numbers += 1
    has_image = any(suffix_of(field.strip(" '\"")) in SUFFIXES for field in row)
    return has_image and numbers >= len(_CORNERS)


def _columns(header: Sequence[str]) -> set[str]:
    columns = set(columns_of(header)[0].places)
    form = form_of([list(header), _A_BOX * len(header)])
    if form and form.has_header:
        columns |= set(columns_of(form.header)[0].places)
    return columns


def _has_box(header: Sequence[str]) -> bool:
    columns = _columns(header)
    return any(columns.issuperset(names) for names in (_CORNERS, BOX))


def _missing(header: Sequence[str]) -> list[str]:
    """Return which of image, class and box a header has no column for."""
    columns = _columns(header)
    lacks = {
        "the image, as filename": "image" not in columns,
        "the class, as class": "class" not in columns,
        "the box, as xmin, ymin, xmax, ymax": not _has_box(header),
    }
    return [part for part, is_missing in lacks.items() if is_missing]


def _lacking(header: Sequence[str], missing: Sequence[str]) -> str:
    named = ", ".join(field.strip() for field in header)
    shown = named if len(named) <= _MOST_SHOWN else f"{named[:_MOST_SHOWN]} …"
    return f"has no column for {' and '.join(missing)} (it has {shown})"
