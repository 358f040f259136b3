"""One object of a Pascal VOC file: its box, with corners 1-based and inclusive, and its flags.

Of outlines and rotated boxes, which some tools write in this format too, the box around each is
taken. This is the one file that knows VOC's way of counting pixels, which tables with
``xmin,ymin,xmax,ymax`` share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from xml.etree.ElementTree import Element

from datasets.outlines import around, around_rotated
from datasets.problems import Kind
from datasets.raw import Corners, RawSet
from datasets.xml_lines import line_of

CORNERS = ("xmin", "ymin", "xmax", "ymax")
ROTATED = ("cx", "cy", "w", "h", "angle")


def exclusive(corners: Corners) -> Corners:
    """Return 1-based inclusive corners as 0-based exclusive ones, swapped ones still swapped.

    The first pixel has number 1, so the smaller end moves by one and the larger, which is then
    excluded, stays. Equal ends mean no area, before the conversion and after it.
    """
    x1, y1, x2, y2 = corners
    return x1 - (x1 < x2), y1 - (y1 < y2), x2 - (x2 < x1), y2 - (y2 < y1)


def inclusive(corners: Corners) -> Corners:
    """Return 0-based exclusive corners as 1-based inclusive ones."""
    x1, y1, x2, y2 = corners
    return x1 + 1, y1 + 1, x2, y2


def is_marked(text: str) -> bool:
    """Say whether a flag like ``difficult`` is set.

    Only what says so counts: some tools write ``Unspecified`` in every object.
    """
    return text.strip().lower() in {"1", "1.0", "true", "yes"}


def read_object(raw: RawSet, index: int, source: str, element: Element) -> bool:
    """Add an object's box, or say why it has none; return whether it is around an outline."""
    name = element.findtext("name") or ""
    if "\n" in name:  # set on lines of its own by a pretty-printer
        name = name.strip()
    box = element if (inner := element.find("bndbox")) is None else inner
    corners = _numbers(box, CORNERS)
    around_it = None if corners else _around_outline(element)
    if not name.strip() or (corners is None and around_it is None):
        written = "; ".join((box.findtext(tag) or "nothing").strip() for tag in CORNERS)
        wrong = f"a {name} whose box is not four numbers ({written})" if name.strip() else ""
        text = f"{wrong or 'an object without a name'}; left out"
        raw.add_problem(Kind.NOT_A_BOX, source, text, line_of(element))
        return False
    difficult = is_marked(element.findtext("difficult") or "")
    if corners is not None:
        x1, y1, x2, y2 = corners
        around_it = exclusive((x1, y1, x2, y2))
    if around_it is not None:
        raw.add_box(index, around_it, name, line_of(box), ignore=difficult)
    return corners is None


def _numbers(element: Element, tags: Sequence[str]) -> list[float] | None:
    """Return the numbers of an element's children of those names, None unless all are numbers."""
    try:
        return [float(element.findtext(tag) or "") for tag in tags]
    except ValueError:
        return None


def _around_outline(element: Element) -> Corners | None:
    """Return the exclusive corners around an object's polygon or rotated box, if it has one.

    Points are ``x1, y1, x2, …`` in any element or ``x, y`` in one each, as several tools write.
    """
    if (rotated := element.find("robndbox")) is not None:
        numbers = _numbers(rotated, ROTATED)
        return around_rotated(*numbers) if numbers else None
    points: dict[str, list[float]] = {"x": [], "y": []}
    for child in element.iter():
        if re.fullmatch(r"[xy]\d*", child.tag):
            with suppress(ValueError):
                points[child.tag[0]].append(float(child.text or ""))
    found = around(points["x"], points["y"])
    return exclusive(found) if found else None
