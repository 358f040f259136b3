"""One picture of many images with their ground truth, to see quickly whether labels fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.annotations import LabelledImage, Splits
from datasets.images import ImageError, pixels_of
from pipelines.report.images.annotate import PAPER, annotate

SHOWN, COLUMNS = 24, 4
TILE_PX, GAP_PX = 400, 8


def chosen(splits: Splits, classes: int, count: int = SHOWN) -> list[LabelledImage]:
    """Return images spread over all splits, with one of each class before any other."""
    images = [image for found in splits.values() for image in found]
    spread = np.linspace(0, max(len(images) - 1, 0), min(count, len(images))).astype(int)
    order = list(dict.fromkeys([*spread.tolist(), *range(len(images))]))
    missing = set(range(classes))
    firsts: list[int] = []
    for index in order:
        new = missing & set(images[index].annotations.labels.tolist())
        if new:
            firsts.append(index)
            missing -= new
    wanted = list(dict.fromkeys([*firsts, *order]))[:count]
    return [images[index] for index in sorted(wanted)]


def contact_sheet(images: Iterable[LabelledImage], classes: Sequence[str]) -> NDArray[np.uint8]:
    """Return the picture, ``(h, w, 3)`` uint8 RGB, a tile for each image in rows of four.

    Images are opened one after the other; those that do not decode have no tile.
    """
    tiles = []
    for image in images:
        try:
            pixels = pixels_of(image)
        except ImageError:
            continue
        drawn = annotate(pixels, image.annotations, {}, classes, {})
        tile = Image.fromarray(drawn)
        tile.thumbnail((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
        tiles.append(tile)
    rows = [tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)]
    heights = [max(tile.height for tile in row) for row in rows]
    width = COLUMNS * TILE_PX + (COLUMNS + 1) * GAP_PX
    sheet = Image.new("RGB", (width, sum(heights) + (len(rows) + 1) * GAP_PX), PAPER)
    top = GAP_PX
    for row, height in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            sheet.paste(tile, (GAP_PX + column * (TILE_PX + GAP_PX), top))
        top += height + GAP_PX
    return np.asarray(sheet)
