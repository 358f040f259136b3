"""Tables of boxes: CSV with a header, a row an object, in pixels or in fractions of the image.

``filename,width,height,class,xmin,ymin,xmax,ymax`` counts pixels as Pascal VOC does, from 1 and
inclusive; ``left,top,width,height`` is a corner and a size. Where most boxes of a table have no
number above 1 its numbers are fractions of the image. Tables of other forms are converted first.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from datasets.annotations import DatasetError
from datasets.class_lists import name_classes
from datasets.csv_forms import Form, form_of, plain_name
from datasets.files import Files
from datasets.named_images import named_image
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawImage, RawSet
from datasets.split_names import in_split_order, split_of_file
from datasets.tables import first_rows, table_rows
from datasets.voc import exclusive

# The names columns go by, in lower case and without blanks, dashes and underscores.
_COLUMNS = {
    "image": "filename file image imagename imagefilename imageid imagepath path filepath img",
    "class": "class label classname labelname category name categoryname classlabel",
    "x1": "xmin x1 left xleft",
    "y1": "ymin y1 top ytop",
    "x2": "xmax x2 right xright",
    "y2": "ymax y2 bottom ybottom",
    "class_id": "classid categoryid labelid classindex",
    "width": "width w imagewidth boxwidth bboxwidth",
    "height": "height h imageheight boxheight bboxheight",
    "left": "left x bboxx xtopleft bboxleft xmin x1",
    "top": "top y bboxy ytopleft bboxtop ymin y1",
    "split": "split set subset usage mlusage",
    "ignore": "difficult ignore iscrowd isgroupof",
}
_CORNERS, _SIZED = ("x1", "y1", "x2", "y2"), ("left", "top", "width", "height")
_Numbered = tuple[int, list[str]]  # a row and the line it ends on


@dataclass(frozen=True)
class _Table:
    name: str
    delimiter: str
    columns: Mapping[str, int]  # index of each known one
    is_spaced: bool  # whether the header has blanks after its delimiters, as the rows then do
    form: Form | None  # that its rows are to be converted from

    @property
    def box(self) -> tuple[str, ...]:
        """Return the columns of the box: its corners, or else a corner and a size."""
        return _CORNERS if all(c in self.columns for c in _CORNERS) else _SIZED


def read_csv(files: Files, track: Track) -> RawSet:
    """Read every table of boxes.

    Raises:
        DatasetError: no row names an image that is there, or a table can't be read.
    """
    raw = RawSet("csv")
    tables = csv_tables(files)
    if not tables:
        raise DatasetError(
            f"{files.root}: has no CSV file whose header names image, class and box, as "
            "filename,class,xmin,ymin,xmax,ymax does"
        )
    for table in track(tables, "reading annotations", len(tables)):
        _read_table(files, raw, table)
    names = [table.name for table in tables]
    raw.require(raw.images, files.without_images(names))
    name_classes(files, raw, names)
    raw.summary = f"CSV: {', '.join(names)}"
    return raw


def csv_tables(files: Files) -> list[_Table]:
    """Return the CSV files whose header names images, classes and boxes, those of train first."""
    found = [_table(name, files.text(name)) for name in files.with_suffix(".csv", ".tsv")]
    tables = [table for table in found if table is not None]
    return sorted(tables, key=lambda table: in_split_order(table.name))


def _table(name: str, text: str) -> _Table | None:
    header = text.split("\n", 1)[0].strip("\r")
    delimiter = max(",;\t|", key=header.count)
    fields = header.split(delimiter)
    spaced = all(field.startswith(" ") for field in fields[1:])
    table = _Table(name, delimiter, columns_of(fields), spaced, None)
    has_box = set(table.box) <= set(table.columns)
    if not has_box and (form := form_of(first_rows(text, delimiter, spaced))):
        table = _Table(name, delimiter, columns_of(form.header), spaced, form)
    known = {"image", "class", *table.box}
    return table if known <= set(table.columns) else None


def columns_of(fields: Sequence[str]) -> dict[str, int]:
    """Return the index of each column that is known by its name."""
    plain = [plain_name(field) for field in fields]
    columns = {
        column: min(plain.index(alias) for alias in aliases.split() if alias in plain)
        for column, aliases in _COLUMNS.items()
        if any(alias in plain for alias in aliases.split())
    }
    if "class_id" in columns:  # where there is no name
        columns.setdefault("class", columns["class_id"])
    return columns


def _read_table(files: Files, raw: RawSet, table: _Table) -> None:
    rows = table_rows(files, table.name, table.delimiter, table.is_spaced)
    read = [(line, row, _box(table, row)) for line, row in _converted(files, table, rows)]
    largest = [max(box) for _, _, box in read if box]
    in_fractions = bool(largest) and median(largest) <= 1
    split_of_table = split_of_file(posixpath.basename(table.name))
    for line, row, box in read:
        written = _field(table, row, "image")
        split = split_of_file(_field(table, row, "split").strip()) or split_of_table
        name = named_image(files, written, table.name, split)
        if name is None:
            raw.add_problem(Kind.NO_IMAGE, table.name, f"no image called {written}; left out", line)
            continue
        index = raw.index_of(name)
        if index is None or raw.images[index].source != table.name:
            split = split or split_of_file(name)
            image = RawImage(name, split, table.name, _size(table, row), in_fractions)
            index = raw.add_image(image)
        class_name = _field(table, row, "class")
        if index is None or (box is None and not class_name.strip()):
            continue  # described by an earlier table, or a row for an image without objects
        if not box or not class_name.strip():
            text = "a row without four numbers and a class"
            raw.add_problem(Kind.NOT_A_BOX, table.name, text, line)
            continue
        corners = _corners(table, box, in_fractions)
        ignored = _field(table, row, "ignore").strip().lower() in {"1", "true", "yes"}
        raw.add_box(index, corners, class_name, line, ignore=ignored)


def _converted(files: Files, table: _Table, rows: list[_Numbered]) -> list[_Numbered]:
    """Return the rows below the header, in the columns the table has.

    Raises:
        DatasetError: they can be read in two ways.
    """
    if table.form is None:
        return rows[1:]
    below = rows[1:] if table.form.has_header else rows
    try:
        converted = table.form.converted([row for _, row in below])
    except ValueError as error:
        raise DatasetError(f"{files.root / table.name}: {error}") from error
    return [(line, row) for (line, _), row in zip(below, converted, strict=True)]


def _field(table: _Table, row: list[str], column: str) -> str:
    place = table.columns.get(column, len(row))
    return row[place] if place < len(row) else ""


def _box(table: _Table, row: list[str]) -> tuple[float, ...] | None:
    """Return the four numbers of a row, None where it has none, empty where they are no numbers."""
    texts = [_field(table, row, column).strip() for column in table.box]
    if not any(texts):
        return None
    if table.delimiter == ";":  # where a comma parts whole and fraction, semicolons part columns
        texts = [text.replace(",", ".") for text in texts]
    try:
        return tuple(map(float, texts))
    except ValueError:
        return ()


def _corners(table: _Table, box: tuple[float, ...], in_fractions: bool) -> Corners:
    """Return the exclusive corners for the four numbers of a row."""
    x, y, right, bottom = box
    if table.box == _SIZED:
        return x, y, x + right, y + bottom
    corners = x, y, right, bottom
    return corners if in_fractions else exclusive(corners)


def _size(table: _Table, row: list[str]) -> tuple[int, int] | None:
    """Return the image's size, where width and height are not the box's."""
    if table.box == _SIZED:
        return None
    try:
        return int(float(_field(table, row, "width"))), int(float(_field(table, row, "height")))
    except (ValueError, OverflowError):
        return None
