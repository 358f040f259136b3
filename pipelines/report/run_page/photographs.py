"""Photographs made small enough to be carried in a page: WebP, bounded in pixels and in bytes."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.images import load_image
from datasets.progress import Track
from datasets.threads import in_order

# Tried until one is small enough; a hundred of the largest are 10 MB in a page.
LONGER_SIDES_PX = (960, 720, 540, 400, 280)
MOST_BYTES = 75_000
THUMB_PX = 112
QUALITY, EFFORT = 75, 2  # Pillow's scales of 0 to 100 and 0 to 6; more effort saves hardly a byte


@dataclass(frozen=True)
class EncodedPhotograph:
    """One image as WebP: to be seen, and small, to be chosen by."""

    full: bytes
    thumb: bytes


def photographs(paths: Sequence[Path], track: Track) -> Iterator[EncodedPhotograph]:
    """Yield the images of the files, in their order, upright.

    Raises:
        ImageError: a file can't be read.
    """
    made = in_order(paths, lambda path: shrunk(load_image(path)), threads=2)
    yield from track(made, "photographs for the report", len(paths))


def shrunk(pixels: NDArray[np.uint8]) -> EncodedPhotograph:
    """Return an image, ``(H, W, 3)`` uint8 RGB, never enlarged and of `MOST_BYTES` if that can be.

    Noise may need more at the smallest size tried, which is then taken.
    """
    image = Image.fromarray(pixels)
    full = b""
    for side in LONGER_SIDES_PX:
        full = webp(image, side)
        if len(full) <= MOST_BYTES:
            break
    return EncodedPhotograph(full, webp(image, THUMB_PX))


def webp(image: Image.Image, longer_px: int) -> bytes:
    """Return an image as WebP, made smaller where its longer side is more than that."""
    small = image.copy()
    small.thumbnail((longer_px, longer_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=QUALITY, method=EFFORT)
    return stream.getvalue()


def data_uri(encoded: bytes) -> str:
    """Return what an ``<img>`` shows without asking anybody for it."""
    return f"data:image/webp;base64,{b64encode(encoded).decode('ascii')}"
