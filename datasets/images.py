"""Image files to upright RGB pixels: the one place that decodes and the one EXIF policy.

A photograph is turned upright as its EXIF orientation says, as every viewer and labelling tool
shows it, and boxes are taken to be in the pixels of the upright picture. Of an animation the first
frame is taken, transparent parts are white, and levels of 16 bits become 8.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from datasets.annotations import LabelledImage
from datasets.depths import are_low, give_lower_bytes, has_deep_colours, in_8_bits
from datasets.errors import UserError
from datasets.regular_files import opened
from datasets.settings import MAX_PIXELS, MOST_PIXELS

SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("jpg", "jpeg", "jpe", "jfif", "jp2", "png", "bmp", "dib", "gif", "tif", "tiff"),
        *("webp", "avif", "ppm", "pgm", "pbm", "pnm", "j2k", "apng"),
        *("mpo", "jpg_large", "jpg_orig"),  # JPEG, from cameras and as a site calls downloads
    )
)
# Of all that Pillow knows, what those are: others it would hand to programs, as PostScript.
FORMATS = ("JPEG", "JPEG2000", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "AVIF", "PPM")
# Photographs as phones, cameras and scanners store them, which are not read; they are named.
UNREAD_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("heic", "heif", "hif", "avci", "jxl", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2"),
        *("raf", "dcm", "tga", "exr", "hdr", "psd", "svg", "ico", "pcx", "fits", "insp", "eps"),
    )
)
_HEIF = re.compile(rb".{4}ftyp(hei|hev|mif1|msf1)", re.DOTALL)  # ISO/IEC 23008-12
_LFS = b"version https://git-lfs.github.com"  # what a file that is kept elsewhere begins with
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
EXIF_ORIENTATION = 0x0112
_UNDECODABLE = (  # what Pillow and the libraries behind it raise, each where it happens to
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError),
    *(RuntimeError, SyntaxError, TypeError, ValueError, struct.error),
)
_MAY_HOLD_EXIF = frozenset({b"eXIf", b"zTXt", b"tEXt", b"iTXt"})  # PNG chunks Pillow searches

# The limit is ours to check, from the header and with a sentence on what to do; Pillow's own
# would warn on standard error at one size and fail at another, neither of which can be set.
Image.MAX_IMAGE_PIXELS = None


class ImageError(UserError):
    """The file can't be used as an image; the message is one sentence that names it."""


class Header(NamedTuple):
    """What the header of an image file has, before any pixel is decoded.

    Attributes:
        width_px: width of the upright image.
        height_px: height of the upright image.
        orientation: as EXIF counts it, 1 to 8; from 5 on the file stores height × width.
    """

    width_px: int
    height_px: int
    orientation: int

    @classmethod
    def of_stored(cls, width_px: int, height_px: int, orientation: int) -> Header:
        """Return the header of an image that is stored with that size."""
        if orientation in _TURNED:
            width_px, height_px = height_px, width_px
        return cls(width_px, height_px, orientation)

    @property
    def is_turned(self) -> bool:
        """Whether the stored image lies on its side."""
        return self.orientation in _TURNED


def read_header(path: Path, max_pixels: int = MAX_PIXELS) -> Header:
    """Return size and orientation without decoding.

    Raises:
        ImageError: the file is missing, no image, or has more than ``max_pixels``.
    """
    with _opened(path, max_pixels) as image:
        try:
            orientation = _orientation(path, image)
        except _UNDECODABLE as error:
            raise _broken(path, error) from error
    # Of a TIFF Pillow itself gives the upright size, and turns the pixels as it decodes them.
    made = Header if image.format == "TIFF" else Header.of_stored
    return made(*image.size, orientation)


def load_image(path: Path, max_pixels: int = MOST_PIXELS) -> NDArray[np.uint8]:
    """Return the upright image as ``(H, W, 3)`` uint8 RGB.

    Raises:
        ImageError: the file is missing, truncated, no image, of a kind that has no RGB, or has
            more than ``max_pixels``. Images of a set were held to its limit when it was read.
    """
    return load_with_depth(path, max_pixels)[0]


def load_with_depth(path: Path, max_pixels: int = MOST_PIXELS) -> tuple[NDArray[np.uint8], int]:
    """Return what `load_image` does, and how many bits of 16 its levels use: 0 if all or of 8.

    Raises:
        ImageError: as `load_image`.
    """
    with _opened(path, max_pixels) as image:
        depth, wide, is_deep = 0, None, has_deep_colours(image)
        try:
            upright = ImageOps.exif_transpose(image)
            if upright.mode in {"I", "F"}:
                raise ImageError(
                    f"{path}: has 32 bits a pixel; save it with 8 or 16 bits a channel"
                )
            if upright.mode.startswith("I;16"):
                wide = np.asarray(upright).astype(np.uint16)
            elif is_deep and are_low(upright):
                with _opened(path, max_pixels) as again:
                    give_lower_bytes(again)
                    lower = np.asarray(ImageOps.exif_transpose(again))
                wide = np.asarray(upright).astype(np.uint16) << 8 | lower
            if wide is not None:
                upright, depth = in_8_bits(wide)
            if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                white = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(white, upright.convert("RGBA"))
            return np.array(upright if upright.mode == "RGB" else upright.convert("RGB")), depth
        except _UNDECODABLE as error:
            raise _broken(path, error) from error


def pixels_of(image: LabelledImage) -> NDArray[np.uint8]:
    """Return the upright ``(H, W, 3)`` uint8 RGB of an image of a set.

    Raises:
        ImageError: as `load_image`, or its size is no longer that of its annotations.
    """
    pixels = load_image(image.path)
    height, width = pixels.shape[:2]
    if (width, height) != (image.width_px, image.height_px):
        raise ImageError(
            f"{image.path}: has {width}×{height} pixels, and had {image.width_px}×"
            f"{image.height_px} when the set was read; put it back or start again"
        )
    return pixels


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[ImageFile]:
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(opened(path))
            image = stack.enter_context(Image.open(stream, formats=FORMATS))
        except UnidentifiedImageError as error:
            raise ImageError(f"{path}: {_why_unread(path)}") from error
        except OSError as error:
            raise ImageError(f"{path}: can't be opened ({error.strerror or error})") from error
        except _UNDECODABLE as error:
            raise _broken(path, error) from error
        if image.width * image.height > max_pixels:
            raise ImageError(
                f"{path}: has {image.width}×{image.height} pixels, more than {max_pixels}; make it "
                "smaller or raise dataset.max_pixels"
            )
        yield image


def unread(name: str) -> str:
    """Return what is wrong with a picture whose format is not read, and the way out."""
    return f"is {Path(name).suffix[1:].upper()}, which can't be read; save it as JPEG or PNG"


def _why_unread(path: Path) -> str:
    if path.stat().st_size == 0:
        return "is empty"
    if path.suffix.lower() in UNREAD_SUFFIXES:
        return unread(path.name)
    with opened(path) as stream:
        head = stream.read(len(_LFS))
    if _HEIF.match(head):  # as telephones' pictures are after a mere renaming
        return "is HEIC by its content, which can't be read; save it as JPEG or PNG"
    if head == _LFS:
        return "is where Git LFS has an image, and not that image; git lfs pull fetches it"
    return "is not an image that can be decoded"


def _orientation(path: Path, image: Image.Image) -> int:
    """Return the EXIF orientation; a PNG is asked only where it may have one.

    Pillow decodes a whole PNG to look for EXIF behind its pixels.
    """
    if image.format == "PNG" and "exif" not in image.info:
        with opened(path) as stream:
            if not _may_hold_exif(stream):
                return 1
    found = image.getexif().get(EXIF_ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _may_hold_exif(png: BinaryIO) -> bool:
    """Return whether a PNG has a chunk in which EXIF may be (PNG specification, 5.3)."""
    png.seek(8)
    while len(head := png.read(8)) == 8:
        if head[4:] in _MAY_HOLD_EXIF:
            return True
        png.seek(int.from_bytes(head[:4]) + 4, 1)
    return False


def _broken(path: Path, error: Exception) -> ImageError:
    return ImageError(f"{path}: does not decode ({error}); replace the file")
