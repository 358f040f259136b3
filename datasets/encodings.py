"""Text files as Windows and spreadsheets save them: with a byte order mark, in UTF-16."""

from __future__ import annotations

import codecs

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(data: bytes) -> bytes:
    """Return a file's bytes as UTF-8 without a byte order mark; others are left as they are.

    Raises:
        UnicodeDecodeError: it begins like UTF-16 and is none.
    """
    if data[:2] in _MARKS:
        return data.decode("utf-16").encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8)
