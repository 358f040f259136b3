"""Names drawn in whatever script they are in: by the installed fonts that have their letters.

Pillow's own font has Latin letters. A letter that no font here has is drawn as its code, never as
an empty square, and the user is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

from pipelines.system.command_line import printable

_PROBE_PX = 16
_NO_CHARACTER = "\U0010ffff"  # what a font draws for it, it draws for all it does not have
_PLAIN = ""  # stands for Pillow's own font
_LAST = ("bold", "italic", "oblique", "mono", "serif", "condensed", "light", "thin", "black")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Line:
    """A name laid out: its parts, each with its font and where it begins, pixels from the left.

    ``box`` is left, top, right, bottom of the ink, as seen from where the line is drawn; the
    letters stand ``baseline`` pixels below that.
    """

    parts: tuple[tuple[str, Font, float], ...]
    box: tuple[float, float, float, float]
    baseline: float

    @property
    def length(self) -> float:
        """How wide the line is."""
        text, font, left = self.parts[-1]
        return left + font.getlength(text)

    def draw(self, pen: ImageDraw.ImageDraw, x: float, y: float, fill: str) -> None:
        """Draw the line."""
        for text, font, left in self.parts:
            pen.text((x + left, y + self.baseline), text, fill, font=font, anchor="ls")


def lay_out(name: str, size: float) -> Line:
    """Return a name laid out in letters of that size in pixels."""
    left, parts, boxes = 0.0, [], []
    plain = ImageFont.load_default(size)
    baseline = plain.getmetrics()[0] if isinstance(plain, ImageFont.FreeTypeFont) else size
    for path, text in _parts(drawable(name) or " "):
        font = ImageFont.truetype(path, size) if path else plain
        x1, y1, x2, y2 = font.getbbox(text, anchor="ls")
        parts.append((text, font, left))
        boxes.append((left + x1, baseline + y1, left + x2, baseline + y2))
        left += font.getlength(text)
    x1s, y1s, x2s, y2s = zip(*boxes, strict=True)
    return Line(tuple(parts), (min(x1s), min(y1s), max(x2s), max(y2s)), baseline)


def _parts(text: str) -> list[tuple[str, str]]:
    """Return a text in parts, each with the file of its font: in one where one font has it all."""
    for path in dict.fromkeys(map(_font_of, text)):
        if path and all(_has(_opened(path), character) for character in text):
            return [(path, text)]
    return [(path or _PLAIN, "".join(part)) for path, part in groupby(text, key=_font_of)]


def font_of_all(text: str) -> str | None:
    """Return the file of a font that has a whole text, None where the usual one will do."""
    paths = [path for path, _ in _parts(text or " ")]
    return paths[0] if len(paths) == 1 and paths[0] else None


def undrawn(names: Iterable[str]) -> str | None:
    """Return a sentence on letters of the names that no font here has, None without any."""
    missing = dict.fromkeys(c for name in names for c in name if _font_of(c) is None)
    if not missing:
        return None
    some = " ".join(map(printable, list(missing)[:8]))
    return (
        f"no font on this machine has {some}; pictures show codes in their place, and a font with "
        "them, as Noto's, helps"
    )


def drawable(name: str) -> str:
    """Return a name with what no font has as its code, in which marks for joining are left out."""
    shown = []
    for character in name:
        if _font_of(character) is not None:
            shown.append(character)
        elif unicodedata.category(character) not in {"Mn", "Me", "Cf"}:
            shown.append(character.encode("unicode_escape").decode("ascii"))
    return "".join(shown)


@cache
def _font_of(character: str) -> str | None:
    """Return the file of the first font that has a character, None without one."""
    if character.isascii() and character.isprintable():
        return _PLAIN
    if unicodedata.category(character) in {"Cc", "Cs"}:
        return None
    if _has(ImageFont.load_default(_PROBE_PX), character):
        return _PLAIN
    return next((path for path in _installed() if _has(_opened(path), character)), None)


@cache
def _installed() -> tuple[str, ...]:
    """Return the files of the fonts installed here, upright ones without serifs first."""
    # Takes a moment, and most names need no other font.
    from matplotlib import font_manager, get_data_path

    def rank(path: str) -> tuple[int, str]:
        name = Path(path).stem.lower()
        return sum(word in re.sub("sans", "", name) for word in _LAST), path

    own = map(str, (Path(get_data_path()) / "fonts" / "ttf").glob("DejaVu*.ttf"))
    return tuple(sorted({*font_manager.findSystemFonts(), *own}, key=rank))


@cache
def _opened(path: str) -> Font | None:
    try:
        return ImageFont.truetype(path, _PROBE_PX)
    except OSError:  # of one size alone, as fonts of coloured pictures, or broken
        return None


def _has(font: Font | None, character: str) -> bool:
    if font is None:
        return False
    if character.isspace():
        return True
    try:
        return bytes(font.getmask(character)) != bytes(font.getmask(_NO_CHARACTER))
    except (OSError, ValueError):
        return False
