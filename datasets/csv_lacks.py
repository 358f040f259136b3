"""Why a table that looks like boxes is not read: it has no header, or lacks a column."""

from __future__ import annotations

from collections.abc import Sequence

from datasets.csv_columns import columns_of
from datasets.csv_forms import BOX, form_of, lacks_header, plain_name
from datasets.files import Files
from datasets.tables import first_rows, head, without_preamble

_CORNERS = ("x1", "y1", "x2", "y2")
_PARTS = frozenset(
    {*_CORNERS, "x", "y", "left", "top", "right", "bottom", "xmin", "ymin", "xmax", "ymax"}
)
_A_BOX = ["[0, 0, 1, 1]"]  # in a cell, whatever the table has there


def unread_tables(files: Files) -> list[str]:
    """Return half a sentence for each such table, one of those that lack the same."""
    found: dict[str, str] = {}
    for name in files.with_suffix(".csv", ".tsv"):
        line = (without_preamble(head(files, name).splitlines()) or [""])[0]
        delimiter = max(",;\t|", key=line.count)
        header = next(iter(first_rows(line, delimiter, is_spaced=False)), [])
        reason = _lacking(header)
        if lacks_header(header):
            reason = "has no header; give it a first line like filename,class,xmin,ymin,xmax,ymax"
        if reason:
            found.setdefault(reason, f"{name} {reason}")
    return list(found.values())


def _lacking(header: Sequence[str]) -> str:
    """Return which of image, class and box a header has no column for, empty if it is not one.

    Two of the three make a table of boxes; with one it is a table of something else.
    """
    columns = set(columns_of(header)[0].places)
    form = form_of([list(header), _A_BOX * len(header)])
    if form and form.has_header:
        columns |= set(columns_of(form.header)[0].places)
    lacks = {
        "the image, as filename": "image" not in columns,
        "the class, as class": "class" not in columns,
        "the box, as xmin, ymin, xmax, ymax": not any(
            columns.issuperset(names) for names in (_CORNERS, BOX)
        ),
    }
    missing = [part for part, is_missing in lacks.items() if is_missing]
    names = {plain_name(field) for field in header}
    if len(missing) != 1 or not (names & _PARTS or columns.issuperset(BOX)):
        return ""
    named = ", ".join(field.strip() for field in header)
    return f"has no column for {missing[0]} (it has {named})"
