"""Text files as Windows and spreadsheets save them: with a byte order mark, in UTF-16."""

from __future__ import annotations

import codecs
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.regular_files import content

MOST_TEXT_BYTES = 512 * 2**20  # of a CSV or list file
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(data: bytes) -> bytes:
    """Return a file's bytes as UTF-8 without a byte order mark; others are left as they are.

    Raises:
        UnicodeDecodeError: it begins like UTF-16 and is none.
    """
    if data[:2] in _MARKS:
        return data.decode("utf-16").encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8)


def read_text(path: Path) -> str:
    """Return a text file, UTF-8 or UTF-16, without a byte order mark.

    Raises:
        DatasetError: it can't be read as text, or is too large to be a list.
    """
    try:
        return as_utf8(content(path, MOST_TEXT_BYTES)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror})") from error
