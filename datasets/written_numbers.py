"""Numbers as spreadsheets write them: ``12,5``, ``1.024``, ``1 024,5`` and ``1'024``.

Which mark parts thousands and which the fraction is not in a number but in all of a table together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BLANKS = "' \u00a0\u2009\u202f"  # between thousands, as in Switzerland, France and Sweden
_BLANK = re.compile(rf"(?<=\d)[{_BLANKS}](?=\d{{3}}(?!\d))")
_GROUPS = {mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+") for mark in ".,"}
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True)
class Marks:
    """What parts the fraction, and what the thousands: a mark or, as well, blanks.

    ``example`` is a number whose thousands are parted, empty without one.
    """

    fraction: str = "."
    thousands: str = ""
    example: str = ""

    def plain(self, text: str) -> str:
        """Return a number as programs write it; what is none stays none."""
        if text.isdecimal():  # nearly always, of very many
            return text
        text = _BLANK.sub("", text.strip())
        if self.thousands:
            text = text.replace(self.thousands, "")
        return text.replace(self.fraction, ".")


def marks_of(numbers: Iterable[str], delimiter: str) -> Marks:
    """Return the marks in the numbers of a table whose cells are parted by ``delimiter``.

    One mark alone parts thousands where it only stands before three digits and other numbers have
    none: decimals would be in all of them, or not always three.
    """
    first: dict[str, str] = {}  # by mark: a number with it
    grouped = {".": True, ",": True}  # whether it always stands as thousands do
    last, blank, has_plain = "", "", False
    for number in numbers:
        if number.isdecimal():
            has_plain = True
            continue
        text = _BLANK.sub("", number.strip())
        blank = blank or (number.strip() if len(text) < len(number.strip()) else "")
        marks = [mark for mark in _GROUPS if mark in text]
        if len(marks) > 1:
            last = max(marks, key=text.rindex)
            first.setdefault(_OTHER[last], text)
        for mark in marks if len(marks) == 1 else ():
            first.setdefault(mark, text)
            grouped[mark] &= _GROUPS[mark].fullmatch(text) is not None
    fraction, thousands = next(iter(first), "."), ""
    if last:
        fraction, thousands = last, _OTHER[last]
    elif len(first) > 1:  # in different numbers
        fraction = "," if grouped["."] or not grouped[","] else "."
        thousands = _OTHER[fraction] if grouped[_OTHER[fraction]] else ""
    elif grouped[fraction] and first:
        # Where commas part cells a point is one of decimals, and a number with a comma is quoted.
        sure = has_plain and (fraction, delimiter) != (".", ",")
        if sure or fraction == delimiter:
            fraction, thousands = _OTHER[fraction], fraction
    return Marks(fraction, thousands, first[thousands] if thousands else blank)
