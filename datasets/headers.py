"""The headers of a set's images: what each tells of its size before anything is decoded."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from datasets.files import Files
from datasets.images import Header, ImageError, read_header
from datasets.problems import Kind
from datasets.processes import in_processes
from datasets.progress import Track
from datasets.raw import RawSet


def read_headers(
    files: Files, raw: RawSet, max_pixels: int, track: Track, jobs: int
) -> list[Header | None]:
    """Return the header of each image, None for those that can't be used, which are listed.

    ``jobs`` is the number of processes that read.
    """
    names = [image.name for image in raw.images]
    found = in_processes(partial(_header_or_why, files.root, max_pixels), names, jobs)
    headers: list[Header | None] = []
    for name, header in zip(names, track(found, "reading image sizes", len(names)), strict=True):
        if isinstance(header, str):
            raw.add_problem(Kind.BROKEN_IMAGE, name, f"{header}; left out")
        headers.append(None if isinstance(header, str) else header)
    return headers


def _header_or_why(root: Path, max_pixels: int, name: str) -> Header | str:
    """Return an image's header; where it has none, why."""
    path = root / name
    try:
        return read_header(path, max_pixels)
    except ImageError as error:
        return str(error).removeprefix(f"{path}: ")
