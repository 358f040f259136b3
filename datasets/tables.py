"""Text files that are tables or lists: what they begin with, and all rows of a CSV."""

from __future__ import annotations

import csv
from contextlib import suppress

from datasets.annotations import DatasetError
from datasets.encodings import as_utf8
from datasets.files import Files

_HEAD_BYTES = 2**16
_MOST_CHARACTERS = 1_000_000  # of one field, far above any


def first_line(files: Files, name: str) -> str:
    """Return the first line of a text file without reading the rest, empty if it is no text."""
    return (head(files, name).splitlines() or [""])[0]


def head(files: Files, name: str) -> str:
    """Return what a text file begins with, empty if it is no text or no regular file."""
    path = files.root / name
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
    with suppress(UnicodeDecodeError):
        return as_utf8(data).decode("utf-8", "replace")
    return ""


def table_rows(files: Files, name: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a table, the header first, each with its line; empty ones are left out.

    Raises:
        DatasetError: it is no text or no CSV.
    """
    csv.field_size_limit(_MOST_CHARACTERS)
    reader = csv.reader(files.text(name).splitlines(), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise DatasetError(
            f"{files.root / name}, line {reader.line_num}: is not CSV ({error}); repair it"
        ) from error
