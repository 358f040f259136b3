"""Whether a set's boxes fit their images as they are read, or only if they are read another way.

Fractions taken for pixels lie in the first pixel, percentages in the first hundred, and corners
taken for sizes reach far beyond the image. Where many boxes are impossible so and none is in one
other reading, the file means that one; it is taken, and said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from datasets.box_readings import READINGS, Reading, of_fractions
from datasets.boxes import Boxes
from datasets.problems import Kind, Problem
from datasets.raw import RawBoxes, RawSet

LEAST_BOXES = 5  # that have to be impossible before the file is doubted
LEAST_SHARE, MOST_SHARE = 0.2, 0.01  # of impossible boxes as read, and in the reading taken
OVERHANG = 0.02  # of the image's side: rounding and enlarged images give as much
LEAST_SIDE_PX = 16  # of images in which boxes below a pixel are fractions
FRACTIONS_SHARE = 0.9  # of boxes without a number above 1
LEAST_PERCENTAGES = 10  # boxes: fewer may all lie in the first hundred pixels
# What they have to be together: a box lies there by half the chance in an image twice as large.
LEAST_HALVINGS = 20
LEAST_PERCENT_SIDE_PX = 200  # of images in which none does beyond a hundred
LEAST_MOST_PERCENT = 60  # largest number along either side


def plausible_boxes(
    raw: RawSet, table: RawBoxes, sizes: NDArray[np.float64], doubtful: NDArray[np.bool_]
) -> tuple[Boxes, tuple[Problem, ...]]:
    """Return the ``(N, 4)`` boxes in pixels, read another way where only that fits, and remarks.

    Args:
        raw: the set, whose images say whether their boxes are fractions.
        table: its boxes, all of images that can be used.
        sizes: ``(I, 2)`` width and height in pixels of each image, upright.
        doubtful: ``(I,)`` bool, images whose boxes are of another size: they are no evidence.
    """
    in_fractions = np.array([image.in_fractions for image in raw.images], dtype=bool)
    corners = table.corners.copy()
    problems = []
    for source, rows in _rows_of_sources(raw, table):
        reading, images = raw.readings.get(source, raw.reading), table.image[rows]
        fractions = in_fractions[images]
        numbers = reading.numbers(corners[rows])
        text = ""
        if not fractions.any() and _are_fractions(numbers, sizes[images]):
            fractions[:] = True
            reading = of_fractions(reading)
            corners[rows] = reading.boxes(numbers)
            text = "fractions of the image's width and height"
        elif not fractions.any() and _are_percentages(numbers, sizes[images]):
            fractions[:] = True
            reading, numbers = of_fractions(reading), numbers / 100
            corners[rows] = reading.boxes(numbers)
            text = "percentages of the image's width and height"
        limits = np.where(fractions[:, None], 1.0, sizes[images])
        if meant := _meant(reading, numbers, limits, ~doubtful[images]):
            corners[rows] = meant.boxes(numbers)
            text += f"{' and ' if text else ''}{meant.meaning}, not {reading.meaning}"
        if text:
            where = source or f"{raw.format} files"
            text = f"boxes are {text}, as only so they fit the images; they are read so"
            problems.append(Problem(Kind.READING, where, text))
        corners[rows] *= np.tile(np.where(fractions[:, None], sizes[images], 1.0), 2)
    return corners, tuple(problems)


def _rows_of_sources(raw: RawSet, table: RawBoxes) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the rows of each source of several images, and of all others together."""
    counts = Counter(image.source for image in raw.images)
    names = [source for source, count in counts.items() if count > 1]
    place = {source: number for number, source in enumerate(names, 1)}
    of_image = np.array([place.get(image.source, 0) for image in raw.images], dtype=np.int64)
    of_row = of_image[table.image]
    order = np.argsort(of_row, kind="stable")
    edges = np.searchsorted(of_row[order], np.arange(len(names) + 2)).tolist()
    for source, (begin, end) in zip(["", *names], pairwise(edges), strict=True):
        yield source, order[begin:end]


def _are_fractions(numbers: Boxes, sizes: NDArray[np.float64]) -> bool:
    """Say whether nearly all numbers are fractions, of images that are more than a few pixels."""
    if not len(numbers) or np.median(sizes) < LEAST_SIDE_PX:
        return False
    small = np.abs(numbers).max(axis=1) <= 1
    return bool(small.mean() >= FRACTIONS_SHARE and np.any(numbers[small] % 1))


def _are_percentages(numbers: Boxes, sizes: NDArray[np.float64]) -> bool:
    """Say whether many boxes of images that are much larger have no number above 100."""
    if len(numbers) < LEAST_PERCENTAGES or sizes.min() < LEAST_PERCENT_SIDE_PX:
        return False
    if len(numbers) * math.log2(sizes.min() / 100) < LEAST_HALVINGS:
        return False
    along_sides = numbers.reshape(-1, 2, 2).max(axis=(0, 1))
    is_spread = bool(along_sides.min() >= LEAST_MOST_PERCENT)
    return is_spread and bool(numbers.max() <= 100 and numbers.min() >= 0)


def _meant(
    reading: Reading, numbers: Boxes, limits: NDArray[np.float64], counted: NDArray[np.bool_]
) -> Reading | None:
    """Return the other reading that fits where this one does not, None unless it is just one.

    One with the width first is preferred: with the height first, everything fits square images.
    """
    numbers, limits = numbers[counted], limits[counted]
    bad = int(_impossible(reading, numbers, limits).sum())
    if bad < max(LEAST_BOXES, LEAST_SHARE * len(numbers)):
        return None
    most = MOST_SHARE * len(numbers)
    others = [each for each in READINGS if each.meaning != reading.meaning]
    fitting = [each for each in others if _impossible(each, numbers, limits).sum() <= most]
    usual = [each for each in fitting if not each.y_first] or fitting
    return usual[0] if len(usual) == 1 else None


def _impossible(reading: Reading, numbers: Boxes, limits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which boxes have no area or reach beyond their image, ``(N,)`` bool."""
    boxes = reading.boxes(numbers)
    over = np.maximum(boxes[:, 2:] - limits, -boxes[:, :2]) > OVERHANG * limits
    return np.asarray(np.any(over | (boxes[:, 2:] <= boxes[:, :2]), axis=1))
