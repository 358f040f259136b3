"""The image files of a set as they are before anything is decoded: size, orientation, content."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import NamedTuple

from datasets.files import Files
from datasets.images import Header, ImageError, read_header
from datasets.jpeg import jpeg_header
from datasets.problems import Kind
from datasets.processes import in_processes
from datasets.progress import Track
from datasets.raw import RawSet
from datasets.regular_files import head_and_sha256


class ImageFile(NamedTuple):
    """An image file that was opened once.

    Attributes:
        header: its size and orientation.
        size_bytes: of the file.
        sha256: of the file, empty where it was not asked for.
    """

    header: Header
    size_bytes: int
    sha256: str


def read_image_files(
    files: Files,
    raw: RawSet,
    hashed: Collection[str],
    max_pixels: int,
    track: Track,
    jobs: int,
) -> list[ImageFile | None]:
    """Return what each image's file tells, None for those that can't be used, which are listed.

    Images of the splits in ``hashed`` are read whole, for their SHA-256. ``jobs`` is the number of
    processes that read.
    """
    wanted = [(image.name, image.split in hashed) for image in raw.images]
    found = in_processes(partial(_file_or_why, str(files.root), max_pixels), wanted, jobs)
    read: list[ImageFile | None] = []
    tracked = track(found, "reading image sizes", len(wanted))
    for image, file in zip(raw.images, tracked, strict=True):
        if isinstance(file, str):
            raw.add_problem(Kind.BROKEN_IMAGE, image.name, f"{file}; left out")
        read.append(None if isinstance(file, str) else file)
    return read


def _file_or_why(root: str, max_pixels: int, wanted: tuple[str, bool]) -> ImageFile | str:
    """Return what an image file tells; where it is no image, why."""
    name, hashed = wanted
    path = f"{root}{os.sep}{name}"
    try:
        head, size_bytes, sha256 = head_and_sha256(path, hashed=hashed)
        header = jpeg_header(head)
        if header is None or header.width_px * header.height_px > max_pixels:
            header = read_header(Path(path), max_pixels)
    except OSError as error:
        return f"can't be opened ({error.strerror or error})"
    except ImageError as error:
        return str(error).removeprefix(f"{Path(path)}: ")
    return ImageFile(header, size_bytes, sha256)
