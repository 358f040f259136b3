"""What `inspect_dataset.py` prints: a few tables and the problems by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from datasets.statistics import LARGE_PX, PERCENTILES, SMALL_PX

CLASSES_PRINTED = 40
_DISTRIBUTIONS = {
    "boxes an image": "boxes_an_image",
    "box side, px (root of its area)": "box_side_px",
    "box share of the image": "box_share_of_image",
    "box width / height": "box_width_to_height",
}


def inspection_text(numbers: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield what to print of the numbers `pipelines.inspection.inspect` gives."""
    yield f"[bold]{numbers['name']}[/bold]: {numbers['found']}"
    yield (
        f"{numbers['images']} images ({numbers['images_without_objects']} without objects), "
        f"{numbers['boxes']} usable boxes ({numbers['ignored_boxes']} of them ignored), "
        f"{len(numbers['classes'])} classes"
    )
    yield _classes(numbers)
    yield _sizes(numbers)
    by_size = numbers["boxes_by_size"]
    yield (
        f"boxes up to {SMALL_PX} px: {by_size['small']}, up to {LARGE_PX} px: {by_size['medium']}, "
        f"above: {by_size['large']}"
    )


def _classes(numbers: Mapping[str, Any]) -> Table:
    splits = numbers["splits"]
    table = Table("class", "images", "boxes", *splits, "median width × height, px")
    for column in table.columns[1:]:
        column.justify = "right"
    ranked = sorted(numbers["classes"].items(), key=lambda item: -item[1]["boxes"])
    for name, row in ranked[:CLASSES_PRINTED]:
        by_split = [
            f"{count} ({100 * count / row['boxes']:.0f} %)" if row["boxes"] else "0"
            for count in row["boxes_by_split"].values()
        ]
        middle = [row[side]["p50"] for side in ("width_px", "height_px")]
        size = "–" if None in middle else f"{middle[0]:.0f} × {middle[1]:.0f}"
        table.add_row(name, str(row["images"]), str(row["boxes"]), *by_split, size)
    if len(ranked) > CLASSES_PRINTED:
        table.add_row(f"and {len(ranked) - CLASSES_PRINTED} more")
    table.add_section()
    boxes = [str(row["boxes"]) for row in splits.values()]
    table.add_row("all boxes", "", str(numbers["boxes"]), *boxes, "")
    images = [str(row["images"]) for row in splits.values()]
    table.add_row("all images", str(numbers["images"]), "", *images, "")
    return table


def _sizes(numbers: Mapping[str, Any]) -> Table:
    table = Table("", "least", *(f"{p} %" for p in PERCENTILES[1:-1]), "most")
    for column in table.columns[1:]:
        column.justify = "right"
    sizes = numbers["image_sizes_px"]
    rows = {
        "image width, px": sizes["width"],
        "image height, px": sizes["height"],
        **{title: numbers[key] for title, key in _DISTRIBUTIONS.items()},
    }
    for title, row in rows.items():
        table.add_row(title, *("–" if v is None else f"{v:.4g}" for v in row.values()))
    return table
