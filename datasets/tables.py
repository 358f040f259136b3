"""Text files that are tables or lists: what they begin with, and all rows of a CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress

from datasets.annotations import DatasetError
from datasets.encodings import as_utf8
from datasets.files import Files
from datasets.regular_files import opened

_HEAD_BYTES = 2**16
_FIRST_ROWS = 50
_MOST_PREAMBLE = 20  # lines before a header
_NO_MARKS = str.maketrans("", "", ",;\t|")  # that part cells
_MOST_CHARACTERS = 1_000_000  # of one field, far above any


def without_preamble(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines of a table from its header on.

    Before it spreadsheets have ``sep=;``, and people a title, a note or an empty line, none of
    which has cells. Other texts are left as they are.
    """
    for number, line in enumerate(lines[:_MOST_PREAMBLE]):
        if line != line.translate(_NO_MARKS) and not line.lower().startswith("sep="):
            return lines[number:]
    return lines


def first_line(files: Files, name: str) -> str:
    """Return the first line of a text file without reading the rest, empty if it is no text."""
    return (head(files, name).splitlines() or [""])[0]


def head(files: Files, name: str) -> str:
    """Return what a text file begins with, empty if it is no text or no regular file."""
    if not files.is_regular(name):
        return ""
    with opened(files.root / name) as stream:
        data = stream.read(_HEAD_BYTES)
    with suppress(UnicodeDecodeError):
        return as_utf8(data).decode("utf-8", "replace")
    return ""


def first_rows(text: str, delimiter: str, is_spaced: bool) -> list[list[str]]:
    """Return the first rows of a table, none where they are no CSV; see `table_rows`."""
    lines = without_preamble(text.splitlines())[:_FIRST_ROWS]
    try:
        return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=is_spaced))
    except csv.Error:
        return []


def table_rows(
    files: Files, name: str, delimiter: str, is_spaced: bool = False
) -> list[tuple[int, list[str]]]:
    """Return the rows of a table, a header first, each with its line; empty ones are left out.

    ``is_spaced`` says whether blanks follow the delimiters.

    Raises:
        DatasetError: it is no text or no CSV.
    """
    csv.field_size_limit(_MOST_CHARACTERS)
    lines = files.text(name).splitlines()
    table = without_preamble(lines)
    before = len(lines) - len(table)
    reader = csv.reader(table, delimiter=delimiter, skipinitialspace=is_spaced)
    try:
        return [(before + reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise DatasetError(
            f"{files.root / name}, line {before + reader.line_num}: is not CSV ({error}); repair it"
        ) from error
