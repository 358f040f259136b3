"""What `inspect_dataset.py` prints: a few tables and the problems by kind."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from datasets.statistics import LARGE_PX, PERCENTILES, SMALL_PX, Statistics

CLASSES_PRINTED = 40


def inspection_text(numbers: Statistics) -> Iterator[RenderableType]:
    """Yield what to print of the numbers of a set."""
    yield f"[bold]{escape(numbers.name)}[/bold]: {escape(numbers.found)}"
    yield (
        f"{numbers.images} images ({numbers.images_without_objects} without objects), "
        f"{numbers.boxes} usable boxes ({numbers.ignored_boxes} of them ignored), "
        f"{len(numbers.classes)} classes"
    )
    yield _classes(numbers)
    yield _sizes(numbers)
    by_size = numbers.boxes_by_size
    yield (
        f"boxes up to {SMALL_PX} px: {by_size['small']}, up to {LARGE_PX} px: {by_size['medium']}, "
        f"above: {by_size['large']}"
    )


def _classes(numbers: Statistics) -> Table:
    splits = numbers.splits
    table = _table("class", "images", "boxes", *splits, "median width × height, px")
    ranked = sorted(numbers.classes.items(), key=lambda item: -item[1].boxes)
    for name, row in ranked[:CLASSES_PRINTED]:
        by_split = [
            f"{count} ({100 * count / row.boxes:.0f} %)" if row.boxes else "0"
            for count in row.boxes_by_split.values()
        ]
        width, height = row.width_px["p50"], row.height_px["p50"]
        size = f"{width:.0f} × {height:.0f}" if row.boxes else "–"
        table.add_row(escape(name), str(row.images), str(row.boxes), *by_split, size)
    if len(ranked) > CLASSES_PRINTED:
        table.add_row(f"and {len(ranked) - CLASSES_PRINTED} more")
    table.add_section()
    boxes = [str(row.boxes) for row in splits.values()]
    table.add_row("all boxes", "", str(numbers.boxes), *boxes, "")
    images = [str(row.images) for row in splits.values()]
    table.add_row("all images", str(numbers.images), "", *images, "")
    return table


def _sizes(numbers: Statistics) -> Table:
    table = _table("", "least", *(f"{p} %" for p in PERCENTILES[1:-1]), "most")
    rows = {
        "image width, px": numbers.image_sizes_px.width,
        "image height, px": numbers.image_sizes_px.height,
        "boxes an image": numbers.boxes_an_image,
        "box side, px (root of its area)": numbers.box_side_px,
        "box share of the image": numbers.box_share_of_image,
        "box width / height": numbers.box_width_to_height,
    }
    for title, row in rows.items():
        table.add_row(title, *("–" if isnan(value) else f"{value:.4g}" for value in row.values()))
    return table


def _table(*titles: str) -> Table:
    """Return a table whose columns but the first hold numbers."""
    table = Table(*titles)
    for column in table.columns[1:]:
        column.justify = "right"
    return table
