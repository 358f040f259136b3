"""Tables of boxes: CSV with a header, a row an object, in pixels or in fractions of the image.

``filename,width,height,class,xmin,ymin,xmax,ymax`` counts pixels as Pascal VOC does, from 1 and
inclusive; ``left,top,width,height`` is a corner and a size. Where most boxes of a table have no
number above 1 its numbers are fractions of the image.
"""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawImage, RawSet
from datasets.split_names import in_split_order, split_of_file
from datasets.voc_objects import exclusive

# The names columns go by, in lower case and without blanks, dashes and underscores.
_COLUMNS = {
    "image": "filename file image imagename imagefilename imageid imagepath path filepath img",
    "class": "class label classname labelname category name categoryname classlabel",
    "x1": "xmin x1 left xleft",
    "y1": "ymin y1 top ytop",
    "x2": "xmax x2 right xright",
    "y2": "ymax y2 bottom ybottom",
    "width": "width w imagewidth boxwidth bboxwidth",
    "height": "height h imageheight boxheight bboxheight",
    "left": "left x bboxx xtopleft bboxleft xmin x1",
    "top": "top y bboxy ytopleft bboxtop ymin y1",
    "split": "split set subset usage mlusage",
    "ignore": "difficult ignore iscrowd isgroupof",
}
_CORNERS, _SIZED = ("x1", "y1", "x2", "y2"), ("left", "top", "width", "height")
_MOST_CHARACTERS = 1_000_000  # of one field, far above any


@dataclass(frozen=True)
class _Table:
    name: str
    delimiter: str
    columns: Mapping[str, int]  # index of each known one
    is_spaced: bool  # whether the header has blanks after its delimiters, as the rows then do

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
    plain = [f.strip(" \"'\t").lower().translate(str.maketrans("", "", " _-/")) for f in fields]
    columns = {
        column: min(plain.index(alias) for alias in aliases.split() if alias in plain)
        for column, aliases in _COLUMNS.items()
        if any(alias in plain for alias in aliases.split())
    }
    spaced = all(field.startswith(" ") for field in fields[1:])
    table = _Table(name, delimiter, columns, spaced)
    known = {"image", "class", *table.box}
    return table if known <= set(columns) else None


def _read_table(files: Files, raw: RawSet, table: _Table) -> None:
    csv.field_size_limit(_MOST_CHARACTERS)
    lines = files.text(table.name).splitlines()
    reader = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=table.is_spaced)
    try:
        rows = [(reader.line_num, row) for row in reader][1:]
    except csv.Error as error:
        raise DatasetError(
            f"{files.root / table.name}, line {reader.line_num}: is not CSV ({error}); repair it"
        ) from error
    read = [(line, row, _box(table, row)) for line, row in rows if any(row)]
    largest = [max(box) for _, _, box in read if box]
    in_fractions = bool(largest) and median(largest) <= 1
    split_of_table = split_of_file(posixpath.basename(table.name))
    for line, row, box in read:
        written = _field(table, row, "image").split("://", 1)[-1]
        split = split_of_file(_field(table, row, "split").strip()) or split_of_table
        name = files.image(written, table.name, split) if written.strip() else None
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
