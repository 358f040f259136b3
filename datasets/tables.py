"""CSV files as rows: their first line, and all rows with the line each ends on."""

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
    path = files.root / name
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
    with suppress(UnicodeDecodeError):
        lines = as_utf8(data).decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""
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
