"""Tables of boxes: CSV with a header, a row an object, in pixels or in fractions of the image.

``filename,width,height,class,xmin,ymin,xmax,ymax`` counts pixels as Pascal VOC does, from 1 and
inclusive; ``left,top,width,height`` is a corner and a size. Where most boxes of a table have no
number above 1 its numbers are fractions of the image. What the columns are is decided by all their
names together, and where that leaves it open by the rows.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import median

from datasets.annotations import DatasetError
from datasets.box_readings import PIXEL_CORNERS, SIZED, Reading, of_fractions
from datasets.class_lists import name_classes
from datasets.csv_choice import chosen_columns, stated_size
from datasets.csv_columns import BOX_CORNERS, BOX_SIZED, IMAGE_SIZE, Columns, columns_of
from datasets.csv_forms import Form, form_of
from datasets.files import Files
from datasets.named_images import named_image
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawImage, RawSet
from datasets.split_names import in_split_order, split_of_file
from datasets.tables import first_rows, head, table_rows, without_preamble
from datasets.voc_objects import exclusive, is_marked
from datasets.written_numbers import Marks, marks_of

Row = tuple[int, list[str]]  # the line it ends on and its fields
_NOTHING = frozenset({"", "nan", "na", "n/a", "null", "none"})  # what programs write for no value


@dataclass(frozen=True)
class _Table:
    name: str
    delimiter: str
    options: tuple[Columns, ...]  # the ways to take its header, the likeliest first
    is_spaced: bool  # whether the header has blanks after its delimiters, as the rows then do
    form: Form | None = None  # that its rows are to be converted from

    @property
    def columns(self) -> Mapping[str, int]:
        """The index of each known column."""
        return self.options[0].places

    @property
    def box(self) -> tuple[str, ...]:
        """Return the columns of the box: its corners, or else a corner and a size."""
        return BOX_CORNERS if BOX_CORNERS[0] in self.columns else BOX_SIZED


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
        try:
            rows = _rows(files, raw, table)
        except DatasetError as error:
            cause = str(error).removeprefix(f"{files.root / table.name}: ")
            raw.add_problem(Kind.BROKEN_FILE, table.name, f"{cause}; left out")
            continue
        _read_table(files, raw, _decided(files, table, rows), rows)
    names = [table.name for table in tables]
    raw.require(raw.images, files.without_images(names))
    name_classes(files, raw, names)
    raw.summary = f"CSV: {', '.join(names)}"
    return raw


def csv_tables(files: Files) -> list[_Table]:
    """Return the CSV files whose header names images, classes and boxes, those of train first."""
    found = [_table(name, head(files, name)) for name in files.with_suffix(".csv", ".tsv")]
    tables = [table for table in found if table is not None]
    return sorted(tables, key=lambda table: in_split_order(table.name))


def _table(name: str, text: str) -> _Table | None:
    """Return the table that begins so, if it has image, class and box."""
    header = (without_preamble(text.splitlines()) or [""])[0]
    delimiter = max(",;\t|", key=header.count)
    fields = header.split(delimiter)
    spaced = all(field.startswith(" ") for field in fields[1:])
    table = _Table(name, delimiter, tuple(columns_of(fields)), spaced)
    has_box = set(table.box) <= set(table.columns)
    if not has_box and (form := form_of(first_rows(text, delimiter, spaced))):
        table = _Table(name, delimiter, tuple(columns_of(form.header)), spaced, form)
    known = {"image", "class", *table.box}
    return table if known <= set(table.columns) else None


def _rows(files: Files, raw: RawSet, table: _Table) -> list[Row]:
    """Return the rows below the header that are not empty, with plain numbers in their box.

    Raises:
        DatasetError: the table is no text or no CSV, or its rows have more cells than its header.
    """
    rows = table_rows(files, table.name, table.delimiter, table.is_spaced)
    if table.form is None or table.form.has_header:
        rows = _below(files, raw, table.name, rows)
    places = [place for place in _places_of_numbers(table) if place >= 0]
    marks = marks_of(_cells(rows, places), table.delimiter)
    if marks.example:
        text = f"thousands are parted, {marks.example} is read as {marks.plain(marks.example)}"
        raw.add_problem(Kind.READING, table.name, text)
    if marks != Marks():
        for _, row in rows:
            for place in places:
                if place < len(row):
                    row[place] = marks.plain(row[place])
    if table.form is None:
        return rows
    try:
        converted = table.form.converted([row for _, row in rows])
    except ValueError as error:
        raise DatasetError(f"{files.root / table.name}: {error}") from error
    return [(line, row) for (line, _), row in zip(rows, converted, strict=True)]


def _below(files: Files, raw: RawSet, name: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows below a header; those with more cells than it has are left out and noted.

    In them a cell may be under another's name.

    Raises:
        DatasetError: most have, as where decimal commas part cells too.
    """
    width = max(len(rows[0][1]), 1)
    is_long = [any(field.strip() for field in row[width:]) for _, row in rows[1:]]
    below = [row for row, longer in zip(rows[1:], is_long, strict=True) if not longer]
    long = [row for row, longer in zip(rows[1:], is_long, strict=True) if longer]
    if len(long) > len(below):
        line, row = long[0]
        raise DatasetError(
            f"{files.root / name}: its header has {width} columns and line {line} has {len(row)} "
            "cells; name every column, and quote numbers with a decimal comma"
        )
    for line, row in long:
        text = f"has {len(row)} cells, more than its header's {width} columns; left out"
        raw.add_problem(Kind.NOT_A_BOX, name, text, line)
    return below


def _places_of_numbers(table: _Table) -> set[int]:
    """Return the columns that hold coordinates and sizes."""
    if table.form is not None:
        return {*table.form.numbers}
    names = {*BOX_CORNERS, *BOX_SIZED, *IMAGE_SIZE}
    return {n for each in table.options for name, n in each.places.items() if name in names}


def _cells(rows: Sequence[Row], places: Collection[int]) -> Iterator[str]:
    return (row[place] for _, row in rows for place in places if place < len(row))


def _decided(files: Files, table: _Table, rows: Sequence[Row]) -> _Table:
    """Return the table with the one way to take its header that its rows agree with.

    Raises:
        DatasetError: none does, or it is open which.
    """

    def numbers(columns: Columns, row: Sequence[str]) -> tuple[float, ...] | None:
        return _box(replace(table, options=(columns,)), row)

    fields = [row for _, row in rows]
    taken = chosen_columns(files, table.name, table.options, fields, numbers)
    return replace(table, options=(taken,))


def _read_table(files: Files, raw: RawSet, table: _Table, rows: Sequence[Row]) -> None:
    read = [(line, row, _box(table, row)) for line, row in rows]
    with_box = {_field(table, row, "class").strip() for _, row, box in read if box}
    without_box: Counter[str] = Counter()
    largest = [max(box) for _, _, box in read if box and all(map(isfinite, box))]
    in_fractions = bool(largest) and median(largest) <= 1
    reading = SIZED if table.box == BOX_SIZED else PIXEL_CORNERS
    if in_fractions or table.options[0].from_zero:
        reading = of_fractions(reading)
    raw.readings[table.name] = reading
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
            image = RawImage(
                name, split, table.name, stated_size(table.options[0], row), in_fractions
            )
            index = raw.add_image(image)
        class_name = _field(table, row, "class")
        if index is None:
            continue  # described by an earlier table
        if box is None and (class_name.strip() not in with_box):
            without_box[class_name.strip()] += 1  # a row for an image without objects
        elif not box or not class_name.strip():
            text = "a row without four numbers and a class"
            raw.add_problem(Kind.NOT_A_BOX, table.name, text, line)
        else:
            corners = _corners(reading, box)
            ignored = is_marked(_field(table, row, "ignore"))
            raw.add_box(index, corners, class_name, line, ignore=ignored)
    for name, count in without_box.items():
        if name.lower() not in _NOTHING:
            text = f"{count} rows say {name!r} and have no box; no object is made of them"
            raw.add_problem(Kind.FORMAT, table.name, text)


def _field(table: _Table, row: Sequence[str], column: str) -> str:
    place = table.columns.get(column, len(row))
    return row[place] if place < len(row) else ""


def _box(table: _Table, row: Sequence[str]) -> tuple[float, ...] | None:
    """Return the four numbers of a row, None where it has none, empty where they are no numbers."""
    texts = [_field(table, row, column).strip() for column in table.box]
    if all(text.lower() in _NOTHING for text in texts):
        return None
    try:
        return tuple(map(float, texts))
    except ValueError:
        return ()


def _corners(reading: Reading, box: tuple[float, ...]) -> Corners:
    """Return the exclusive corners for the four numbers of a row."""
    x, y, right, bottom = box
    if reading is SIZED:
        return x, y, x + right, y + bottom
    corners = x, y, right, bottom
    return exclusive(corners) if reading is PIXEL_CORNERS else corners
