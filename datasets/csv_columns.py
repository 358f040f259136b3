"""What the columns of a table of boxes are, by their names taken together.

``width`` may be the box's or the image's, ``x1`` the first corner or the second: that is decided by
which other columns there are, never by their order, and where it stays open by the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

BOX_CORNERS, BOX_SIZED = ("x1", "y1", "x2", "y2"), ("left", "top", "width", "height")
IMAGE_SIZE = ("image_width", "image_height")
# The names columns go by, in lower case and without blanks and marks; the first that is there wins.
_IMAGES = "filename file imagefilename imagename image img imagepath filepath path imageid imgid"
_ONES = {
    "class": "class label classname labelname category categoryname classlabel name "
    "classid categoryid labelid classindex",
    "split": "split set subset usage mlusage",
    "ignore": "difficult ignore iscrowd isgroupof",
}
_CORNERS = (
    "xmin ymin xmax ymax",
    "x1 y1 x2 y2",
    "left top right bottom",
    "xleft ytop xright ybottom",
    "xtl ytl xbr ybr",
    "minx miny maxx maxy",
    "startx starty endx endy",
    "topleftx toplefty bottomrightx bottomrighty",
    "bboxxmin bboxymin bboxxmax bboxymax",
    "bboxx1 bboxy1 bboxx2 bboxy2",
    "bboxleft bboxtop bboxright bboxbottom",
)
_FROM_ZERO = "x0 y0 x1 y1"
_FIRST_CORNERS = (
    *("x y", "left top", "xmin ymin", "x1 y1", "xleft ytop", "bboxx bboxy", "boxx boxy"),
    *("xtopleft ytopleft", "topleftx toplefty", "bboxleft bboxtop", "bboxxmin bboxymin"),
)
_EITHERS_SIZE = "width height"
_BOX_SIZES = (
    *("w h", "boxwidth boxheight", "bboxwidth bboxheight", "bboxw bboxh", "boxw boxh"),
    _EITHERS_SIZE,
)
_IMAGE_SIZES = (
    *("imagewidth imageheight", "imgwidth imgheight", "imagew imageh", "imgw imgh"),
    _EITHERS_SIZE,
)


@dataclass(frozen=True)
class Columns:
    """One way to take a header.

    Attributes:
        places: index of each known column: ``image``, ``class``, ``split``, ``ignore``, those of
            the box (`BOX_CORNERS` or `BOX_SIZED`) and `IMAGE_SIZE`, as far as they are there.
        images: of all columns that may name the image, the likeliest first.
        box: the names of the box's columns, as the header has them; empty without a box.
        is_open: whether ``width`` and ``height``, which may be the image's, are taken as the box's.
        from_zero: whether corners count pixels from 0, as ``x0`` says.
    """

    places: Mapping[str, int]
    images: tuple[int, ...] = ()
    box: str = ""
    is_open: bool = False
    from_zero: bool = False


def columns_of(fields: Sequence[str]) -> list[Columns]:
    """Return each way to take a header, the likeliest first: one, also where it has no box."""
    marks = str.maketrans("", "", " _-/.")
    plain = [field.strip(" \"'\t").lower().translate(marks) for field in fields]
    images = tuple(plain.index(alias) for alias in _IMAGES.split() if alias in plain)
    ones = {
        name: next(plain.index(alias) for alias in aliases.split() if alias in plain)
        for name, aliases in {**_ONES, "image": _IMAGES}.items()
        if any(alias in plain for alias in aliases.split())
    }
    boxes = list(_boxes(plain)) or [("", ())]
    found = []
    for names, keys in boxes:
        box = dict(zip(keys, _places(plain, names), strict=True))
        is_open = keys == BOX_SIZED and names.endswith(_EITHERS_SIZE)
        sizes = [size for size in _IMAGE_SIZES if not (is_open and size == _EITHERS_SIZE)]
        own = next((size for size in sizes if {*size.split()} <= {*plain}), "")
        size = dict(zip(IMAGE_SIZE, _places(plain, own), strict=False))
        shown = ", ".join(fields[place].strip() for place in box.values())
        places = {**ones, **box, **size}
        found.append(Columns(places, images, shown, is_open, names == _FROM_ZERO))
    return found


def _places(plain: Sequence[str], names: str) -> list[int]:
    return [plain.index(name) for name in names.split()]


def _boxes(plain: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of columns that may be the box, and what they are: corners, if there are."""
    corners = [names for names in (*_CORNERS, _FROM_ZERO) if {*names.split()} <= {*plain}]
    sized = [f"{first} {size}" for first, size in product(_FIRST_CORNERS, _BOX_SIZES)]
    yield from ((names, BOX_CORNERS) for names in corners)
    if not corners:
        yield from ((names, BOX_SIZED) for names in sized if {*names.split()} <= {*plain})
