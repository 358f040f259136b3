"""Forms of tables other than a header with corners, each made into one with a corner and a size.

Without a header are keras-retinanet's and Google AutoML's; others have their box as the text of one
cell, as a centre and a size, or as GTSRB's "Roi".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from datasets.images import SUFFIXES
from datasets.path_names import suffix_of

Row = list[str]
BOX = ("left", "top", "width", "height")
_RETINANET_FIELDS = 6  # path, x1, y1, x2, y2, class
_AUTOML_CORNERS = (6, 8)  # fields of its corners: x,y,,,x,y and perhaps two more
_AUTOML_SPLITS = {
    **{"train": "train", "training": "train", "validate": "val", "validation": "val"},
    **{"test": "test", "unassigned": "", "": ""},
}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# Names of columns as `plain_name` gives them, the surest first.
_TEXTS = ("bbox", "boundingbox", "bndbox", "box", "bboxes", "boxes")
_CENTRES = (
    ("xcenter", "xcentre", "centerx", "centrex", "cx", "xc"),
    ("ycenter", "ycentre", "centery", "centrey", "cy", "yc"),
    ("w", "boxwidth", "bboxwidth", "width"),
    ("h", "boxheight", "bboxheight", "height"),
)
_ROI = (("roi.x1",), ("roi.y1",), ("roi.x2",), ("roi.y2",))
_SIZES = frozenset({"width", "height", "w", "h", "imagewidth", "imageheight"})
_LEAST_SHARE = 0.05  # of boxes that do not fit a reading, from which it is wrong
_ENOUGH_BOXES = 20  # that all fit corners; of so many sizes some would not


@dataclass(frozen=True)
class Form:
    """One form of a table.

    Attributes:
        header: the columns after the conversion; empty names for those that mean nothing here.
        has_header: whether the table's first row has names.
        converted: gives rows of those columns for all other rows of the table; raises ValueError,
            in half a sentence, where they can be read in two ways.
        numbers: the columns of the table that hold one number each.
    """

    header: tuple[str, ...]
    has_header: bool
    converted: Callable[[Sequence[Row]], list[Row]]
    numbers: Sequence[int] = ()


def plain_name(field: str) -> str:
    """Return a column's name without what makes no difference."""
    return field.strip(" \"'\t").lower().translate(str.maketrans("", "", " _-/"))


def form_of(rows: Sequence[Row]) -> Form | None:
    """Return the form of a table by its first rows, None if it is none of these."""
    if not rows or not rows[0]:
        return None
    if lacks_header(rows[0]):
        return _headerless(rows[0])
    names = [plain_name(field) for field in rows[0]]
    for columns, convert in ((_ROI, _from_corners), (_CENTRES, _from_centre)):
        found = [next((name for name in known if name in names), "") for known in columns]
        if all(found):
            places = [names.index(name) for name in found]
            converted = partial(_in_place, places, convert)
            return Form(_header(names, places), True, converted, places)
    place = next((names.index(name) for name in _TEXTS if name in names), None)
    if place is None:
        return None
    if any(place < len(row) and _numbers(row[place]) for row in rows[1:]):
        sides = [names.index(name) if name in names else -1 for name in ("width", "height")]
        header = (*_header(names, []), *BOX)
        return Form(header, True, partial(_from_text, place, sides, len(names)))
    return None


def lacks_header(row: Row) -> bool:
    """Say whether a table's first row names an image, so that it has no header."""
    return any(suffix_of(field.strip()) in SUFFIXES for field in row[:2])


def _headerless(row: Row) -> Form | None:
    """Return the form of a table that begins with a row of data."""
    starts_with_path = suffix_of(row[0].strip()) in SUFFIXES
    if starts_with_path and len(row) == _RETINANET_FIELDS and _all_numbers(row[1:5]):
        return Form(("filename", *BOX, "class"), False, _from_retinanet, (1, 2, 3, 4))
    has_split = row[0].strip().lower() in _AUTOML_SPLITS
    least, most = (length + 2 + has_split for length in _AUTOML_CORNERS)
    if least <= len(row) <= most and _all_numbers(row[2 + has_split :]):
        return Form(("split", "filename", "class", *BOX), False, partial(_from_automl, has_split))
    return None


def _header(names: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """Return the names with the box's at their places; other sizes are the image's."""
    header = ["" if name in _SIZES else name for name in names]
    for place, name in zip(places, BOX, strict=False):
        header[place] = name
    return tuple(header)


def _float(field: str) -> float | None:
    try:
        return float(field.replace(",", "."))  # as it is between semicolons
    except ValueError:
        return None


def _all_numbers(fields: Sequence[str]) -> bool:
    return all(not field.strip() or _float(field) is not None for field in fields)


def _numbers(text: str) -> list[float] | None:
    """Return the four numbers of a cell like ``[1, 2, 3, 4]``, None if it has others or words."""
    found = [float(number) for number in _NUMBER.findall(text)]
    rest = _NUMBER.sub("", text).translate(str.maketrans("", "", "[](), ;\t"))
    return found if len(found) == 4 and not rest else None


def _from_corners(box: list[float]) -> list[float]:
    x1, y1, x2, y2 = box
    return [x1, y1, x2 - x1, y2 - y1]


def _from_centre(box: list[float]) -> list[float]:
    x, y, width, height = box
    return [x - width / 2, y - height / 2, width, height]


def _in_place(
    places: Sequence[int], convert: Callable[[list[float]], list[float]], rows: Sequence[Row]
) -> list[Row]:
    """Return rows with the four fields converted; what are no four numbers is left as it is."""
    converted = []
    for row in rows:
        fields = [row[place] if place < len(row) else "" for place in places]
        numbers = [number for number in map(_float, fields) if number is not None]
        new = list(row)
        if len(numbers) == len(places):
            for place, number in zip(places, convert(numbers), strict=True):
                new[place] = repr(number)
        converted.append(new)
    return converted


def _from_retinanet(rows: Sequence[Row]) -> list[Row]:
    """Return path, box and class for path,x1,y1,x2,y2,class.

    Raises:
        ValueError: its numbers are no corners.
    """
    converted = _in_place([1, 2, 3, 4], _from_corners, rows)
    sides = [_float(row[place]) for row in converted for place in (3, 4) if place < len(row)]
    flat = sum(side is not None and side <= 0 for side in sides)
    if flat > _LEAST_SHARE * len(sides):
        raise ValueError(
            "has no header, and its numbers are not corners as keras-retinanet's; give it a first "
            "line that names them, like filename,left,top,width,height,class"
        )
    return converted


def _from_automl(has_split: bool, rows: Sequence[Row]) -> list[Row]:
    """Return split, path, class and box for set,path,class,x,y,x,y,x,y,x,y, some of them empty."""
    converted = []
    for row in rows:
        split, path, class_name, *corners = row if has_split else ["", *row]
        given = [_float(field) for field in corners if field.strip()]
        numbers = [number for number in given if number is not None]
        box = ["?"] * len(BOX) if given else [""] * len(BOX)
        if len(numbers) == len(given) >= len(BOX) and len(numbers) % 2 == 0:
            xs, ys = numbers[::2], numbers[1::2]
            corner = [min(xs), min(ys), max(xs), max(ys)]
            box = [repr(number) for number in _from_corners(corner)]
        converted.append([_AUTOML_SPLITS.get(split.strip().lower(), ""), path, class_name, *box])
    return converted


def _from_text(place: int, sides: Sequence[int], columns: int, rows: Sequence[Row]) -> list[Row]:
    """Return rows with the box of their cell behind them, as a corner and a size.

    A cell does not say whether its last two numbers are a size or a corner: all rows together do.

    Raises:
        ValueError: they may be either.
    """
    padded = [[*row, *[""] * (columns - len(row))][:columns] for row in rows]
    boxes = [_numbers(row[place]) for row in padded]
    known = [box for box in boxes if box]
    no_corners = sum(x2 <= x1 or y2 <= y1 for x1, y1, x2, y2 in known)
    no_sizes = 0
    for row, box in zip(padded, boxes, strict=True):
        across, down = (_float(row[side]) if side >= 0 else None for side in sides)
        if box and across and down:
            no_sizes += box[0] + box[2] > across + 1 or box[1] + box[3] > down + 1
    least = _LEAST_SHARE * len(known)
    are_sizes = no_corners > least >= no_sizes
    are_corners = least >= no_corners and (no_sizes > least or len(known) >= _ENOUGH_BOXES)
    if known and are_sizes == are_corners:
        raise ValueError(
            "has boxes as text whose last numbers may be a corner or a size; write them in columns "
            "xmin,ymin,xmax,ymax or left,top,width,height"
        )
    converted = []
    for row, box in zip(padded, boxes, strict=True):
        sized = box if box is None or are_sizes else _from_corners(box)
        empty = ["" if not row[place].strip() else "?"] * len(BOX)
        converted.append([*row, *(map(repr, sized) if sized else empty)])
    return converted
