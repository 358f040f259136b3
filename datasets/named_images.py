"""Images that an annotation file names, looked up among the set's own files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.problems import Kind
from datasets.raw import RawImage, RawSet
from datasets.split_names import split_of_folders

_LISTED = 3  # files in a sentence
Size = tuple[float | None, float | None]  # width and height, where they are given


def add_named_image(
    files: Files,
    raw: RawSet,
    written: str,
    source: str,
    *,
    split: str = "",
    size_px: Size = (None, None),
    in_fractions: bool = False,
) -> int | None:
    """Add the image an annotation file names and return its index, or None, which is noted.

    Args:
        files: of the set.
        raw: the set in the making.
        written: the name as it is written, a path or an address on a server.
        source: the annotation file.
        split: that it gives; otherwise it is by the image's folder.
        size_px: width and height that it gives, if it does.
        in_fractions: whether its boxes are fractions of width and height.
    """
    name = named_image(files, written, source, split)
    if name is None:
        raw.add_problem(Kind.NO_IMAGE, source, f"no image called {written}; left out")
        return None
    return add_found_image(
        raw, name, source, split=split, size_px=size_px, in_fractions=in_fractions
    )


def add_found_image(
    raw: RawSet,
    name: str,
    source: str,
    *,
    split: str = "",
    size_px: Size = (None, None),
    in_fractions: bool = False,
) -> int | None:
    """Add an image that is here; see `add_named_image`."""
    width, height = (side if side and math.isfinite(side) else 0 for side in size_px)
    size = (int(width), int(height)) if width and height else None
    split = split or split_of_folders(name)
    return raw.add_image(RawImage(name, split, source, size, in_fractions))


def named_image(files: Files, written: str, source: str, split: str) -> str | None:
    """Return the image of that name, which may be an address as ``gs://bucket/up/a.jpg``, or None.

    See `add_named_image` for the arguments.
    """
    if "://" in written:
        return served_image(files, address_path(written), source, split)
    return files.image(written, source, split) if written.strip() else None


def served_image(files: Files, path: str, source: str, split: str) -> str | None:
    """Return the image with most of the last parts of a path on a server, or None.

    The folders of a server are not those of the set; which of them are is not known.
    """
    parts = [p for p in path.replace("\\", "/").split("/") if p.strip(".") and not p.endswith(":")]
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next(filter(None, (files.image(tail, source, split) for tail in tails)), None)


def require_images(files: Files, raw: RawSet, sources: Sequence[str], title: str) -> None:
    """Refuse a set of which no image was added.

    Raises:
        DatasetError: there is no file of the format of that title, or no image of those named.
    """
    if not sources:
        raise DatasetError(f"{files.root}: no file in it begins like one of {title}")
    more = [f"{len(sources) - _LISTED} more"] if len(sources) > _LISTED else []
    raw.require(raw.images, f"{title}: {files.without_images([*sources[:_LISTED], *more])}")


def address_path(address: str) -> str:
    """Return the path of an address, without ``%20`` and their like; what is none stays itself."""
    try:
        return unquote(urlsplit(address.strip()).path)
    except ValueError:  # brackets that are no host
        return address
