"""Image files to upright RGB pixels: the one place that decodes and the one EXIF policy.

A photograph is turned upright as its EXIF orientation says, as every viewer and labelling tool
shows it, and boxes are taken to be in the pixels of the upright picture.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
MAX_PIXELS = 50_000_000  # 150 MB as RGB; phones make up to about that, bombs make more
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_ORIENTATION = 0x0112
_UNDECODABLE = (OSError, SyntaxError, ValueError, struct.error)  # what Pillow raises


class ImageError(Exception):
    """The file can't be used as an image; the message is one sentence that names it."""


def _open(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path}: has more than {MAX_PIXELS} pixels; make it smaller") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path}: is not an image that can be decoded") from error
    except OSError as error:
        raise ImageError(f"{path}: can't be opened ({error.strerror or error})") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise ImageError(
            f"{path}: has {image.width}×{image.height} pixels, more than {MAX_PIXELS}; "
            "make it smaller"
        )
    return image


def upright_size(path: Path) -> tuple[int, int]:
    """Return (width, height) in pixels of the upright image, from the file's header alone.

    Raises:
        ImageError: the file is missing, no image, or over `MAX_PIXELS`.
    """
    with _open(path) as image:
        width, height = image.size
        try:  # a PNG may have its EXIF at the end and is then read whole
            turned = image.getexif().get(_ORIENTATION) in _TURNED
        except _UNDECODABLE as error:
            raise _broken(path, error) from error
        return (height, width) if turned else (width, height)


def load_image(path: Path) -> NDArray[np.uint8]:
    """Return the upright image as ``(H, W, 3)`` uint8 RGB.

    Raises:
        ImageError: the file is missing, truncated, no image, or over `MAX_PIXELS`.
    """
    with _open(path) as image:
        try:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):
                wide = np.asarray(upright, dtype=np.uint16)
                upright = Image.fromarray((wide >> 8).astype(np.uint8))
            if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                white = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(white, upright.convert("RGBA"))
            return np.array(upright.convert("RGB"))
        except _UNDECODABLE as error:
            raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> ImageError:
    return ImageError(f"{path}: does not decode ({error}); replace the file")
