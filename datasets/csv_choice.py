"""Which of a table's columns name the image and which are the box, where the header leaves it open.

Both are decided by what is in the rows: by the files that are there, and by the images' real sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import DatasetError
from datasets.box_readings import SIZED
from datasets.boxes import Boxes
from datasets.csv_columns import BOX_CORNERS, IMAGE_SIZE, Columns
from datasets.files import Files
from datasets.images import ImageError, read_header
from datasets.settings import MOST_PIXELS

SAMPLE = 200  # rows that are looked at, evenly over the table
NEARLY_ALL = 0.9  # of them
OVERHANG = 0.02  # of the image's side

Row = Sequence[str]
Numbers = Callable[[Columns, Row], tuple[float, ...] | None]  # of the box in a row, if it has one


def chosen_columns(
    files: Files, source: str, options: Sequence[Columns], rows: Sequence[Row], numbers: Numbers
) -> Columns:
    """Return the way to take a table's header that its rows agree with.

    Args:
        files: of the set.
        source: the table.
        options: the ways to take its header; all have a box.
        rows: of the table, without the header.
        numbers: gives the four numbers of the box in a row.

    Raises:
        DatasetError: none does, or it is open which.
    """
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    image = _image_column(files, source, options[0], sample)
    options = [replace(each, places={**each.places, "image": image}) for each in options]
    taken = options[0]
    if len(options) > 1 or taken.is_open:
        taken = _with_box(files, source, options, sample, numbers)
    return _without_box_size(taken, sample, numbers)


def _image_column(files: Files, source: str, columns: Columns, rows: Sequence[Row]) -> int:
    """Return the first column of those that may name images which names one that is here."""
    for column in columns.images if len(columns.images) > 1 else ():
        for row in rows:
            written = row[column].strip() if column < len(row) else ""
            if written and files.image(written, source):
                return column
    return columns.places["image"]


def _with_box(
    files: Files,
    source: str,
    options: Sequence[Columns],
    rows: Sequence[Row],
    numbers: Numbers,
) -> Columns:
    image = options[0].places["image"]
    known = {
        written: _size(files, source, written) for written in {_at(row, image) for row in rows}
    }
    rows = [row for row in rows if known[_at(row, image)]]
    sizes = np.array([known[_at(row, image)] for row in rows], dtype=np.float64).reshape(-1, 2)
    boxes = [_sample(each, rows, numbers) for each in options]
    own = [not _is_image_size(*pair, sizes) for pair in zip(options, boxes, strict=True)]
    if not any(own):
        raise DatasetError(
            f"{files.root / source}: {options[0].box} are no box: width and height are the "
            "image's; add columns with the box's"
        )
    fitting = [own[n] and _fits(*boxes[n], sizes) for n in range(len(options))]
    left = [n for n in range(len(options)) if (fitting if any(fitting) else own)[n]]
    for other in left[1:]:
        both = boxes[left[0]][0] & boxes[other][0]
        first, second = (found[both[there]] for there, found in (boxes[left[0]], boxes[other]))
        if not np.allclose(first, second, rtol=0.0, atol=1.0):
            raise DatasetError(
                f"{files.root / source}: the box may be {options[left[0]].box} or "
                f"{options[other].box}; leave one of them out"
            )
    return options[left[0]]


def _at(row: Row, column: int) -> str:
    return row[column] if column < len(row) else ""


def _size(files: Files, source: str, written: str) -> tuple[int, int] | None:
    """Return the width and height of an image, None where it can't be read."""
    name = files.image(written, source) if written.strip() else None
    try:
        header = read_header(files.root / name, MOST_PIXELS) if name else None
    except ImageError:
        return None
    return (header.width_px, header.height_px) if header else None


def _sample(
    columns: Columns, rows: Sequence[Row], numbers: Numbers
) -> tuple[NDArray[np.bool_], Boxes]:
    """Return which rows have a box in these columns, ``(R,)`` bool, and the boxes as corners."""
    found = [numbers(columns, row) for row in rows]
    there = np.array([bool(each) for each in found], dtype=bool)
    box = np.array([each for each in found if each], dtype=np.float64).reshape(-1, 4)
    return there, box if BOX_CORNERS[0] in columns.places else SIZED.boxes(box)


def _is_image_size(
    columns: Columns, sample: tuple[NDArray[np.bool_], Boxes], sizes: NDArray[np.float64]
) -> bool:
    """Say whether the size of nearly all boxes is their image's, though they begin elsewhere."""
    there, boxes = sample
    if not columns.is_open or not len(boxes):
        return False
    whole = np.all(np.abs(boxes[:, 2:] - boxes[:, :2] - sizes[there]) < 1, axis=1)
    return bool(whole.mean() >= NEARLY_ALL and np.any(boxes[:, :2] > 1))


def _fits(there: NDArray[np.bool_], boxes: Boxes, sizes: NDArray[np.float64]) -> bool:
    """Say whether nearly all boxes lie in their images, in pixels or in fractions."""
    if not len(boxes):
        return False
    limits = np.ones((len(boxes), 2)) if np.median(boxes.max(axis=1)) <= 1 else sizes[there]
    over = np.maximum(boxes[:, 2:] - limits, -boxes[:, :2]) > OVERHANG * limits + 1
    bad = np.any(over | (boxes[:, 2:] <= boxes[:, :2]), axis=1)
    return bool(1 - bad.mean() >= NEARLY_ALL)


def _without_box_size(columns: Columns, rows: Sequence[Row], numbers: Numbers) -> Columns:
    """Return the columns without an image's size where what may be one is the size of each box."""
    if not {*IMAGE_SIZE} <= {*columns.places}:
        return columns
    same = []
    for row in rows:
        _, box = _sample(columns, [row], numbers)
        size = stated_size(columns, row)
        if len(box) and size:
            same.append(np.abs(box[0, 2:] - box[0, :2] - size).max() <= 1)
    if not same or np.mean(same) < NEARLY_ALL:
        return columns
    left = {name: place for name, place in columns.places.items() if name not in IMAGE_SIZE}
    return replace(columns, places=left)


def stated_size(columns: Columns, row: Row) -> tuple[int, int] | None:
    """Return the image's width and height in pixels, where a row has them."""
    try:
        width, height = (int(float(_at(row, columns.places[name]))) for name in IMAGE_SIZE)
    except (KeyError, ValueError, OverflowError):
        return None
    return width, height
