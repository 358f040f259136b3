"""What is around some boxes of an image, cut out and made small enough to be carried in a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.boxes import Boxes
from datasets.images import load_image
from datasets.progress import Track
from datasets.threads import in_order
from pipelines.report.run_page.photographs import webp

CONTEXT = 2.2  # sides of what is cut out for one of the boxes together
LEAST_PX = 96  # of the image; less around a tiny object would tell nobody what it is
LONGER_SIDES_PX = (384, 288, 216, 160, 112)  # tried until one is small enough


@dataclass(frozen=True)
class Crop:
    """A part of an image as WebP, and where it is: in whole pixels of the image."""

    webp: bytes
    left: int
    top: int
    width: int
    height: int


class Wanted(NamedTuple):
    """A part that is wanted: the image's file and the ``(N, 4)`` xyxy boxes to be seen in it."""

    path: Path
    boxes: Boxes


def crops(wanted: Sequence[Wanted], most_bytes: int, track: Track) -> list[Crop]:
    """Return the parts in their order, upright; every image is read once.

    Raises:
        ImageError: a file can't be read.
    """
    by_path: dict[Path, list[int]] = defaultdict(list)
    for place, each in enumerate(wanted):
        by_path[each.path].append(place)

    def of_image(path: Path) -> list[Crop]:
        pixels = load_image(path)
        return [cropped(pixels, wanted[place].boxes, most_bytes) for place in by_path[path]]

    made: list[Crop | None] = [None] * len(wanted)
    found = track(in_order(by_path, of_image, threads=2), "cutting out", len(by_path))
    for places, parts in zip(by_path.values(), found, strict=True):
        for place, part in zip(places, parts, strict=True):
            made[place] = part
    return [each for each in made if each is not None]


def cropped(pixels: NDArray[np.uint8], boxes: Boxes, most_bytes: int) -> Crop:
    """Return what is around boxes in an ``(H, W, 3)`` uint8 RGB image, never enlarged.

    It has at most so many bytes if that can be: noise may need more at the smallest size tried.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = around(boxes, (width, height))
    image = Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]))
    encoded = b""
    for side in LONGER_SIDES_PX:
        encoded = webp(image, side)
        if len(encoded) <= most_bytes:
            break
    return Crop(encoded, left, top, right - left, bottom - top)


def around(boxes: Boxes, size_px: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the part of an image to be seen with ``(N, 4)`` xyxy boxes: xyxy, whole pixels.

    It is square and has the boxes in its middle, as far as the image reaches.
    """
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    side = max(CONTEXT * float((high - low).max()), LEAST_PX)
    ends = []
    for middle, whole in zip(((low + high) / 2).tolist(), size_px, strict=True):
        length = min(round(side), whole)
        start = min(max(round(middle - length / 2), 0), whole - length)
        ends.append((start, start + length))
    (left, right), (top, bottom) = ends
    return left, top, right, bottom
