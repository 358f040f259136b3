"""Which label file belongs to which image of a YOLO set.

Each image has its label file at the same path with ``images`` replaced by ``labels``, or beside it;
some tools keep the image's suffix, as in ``a.jpg.txt``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.yolo_config import NAME_LISTS

BOX_NUMBERS, SCORED_NUMBERS, LEAST_OUTLINE_NUMBERS = 5, 6, 7
_IMAGE_FOLDERS = frozenset({"images", "image", "img", "imgs", "jpegimages"})


def label_files(files: Files) -> tuple[str, ...]:
    """Return the text files that may be of labels, sorted."""
    names = files.with_suffix(".txt")
    return tuple(name for name in names if posixpath.basename(name).lower() not in NAME_LISTS)


def labels_of_images(images: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Return the label file of each image that has one.

    Case counts where it has to: ``IMG_1.jpg`` and ``img_1.jpg`` are two images, and each keeps the
    file of its own name.
    """
    exact = {name: name for name in labels}
    if not exact:  # as in sets of other formats, which may be large
        return {}
    found = {image: label for image in images if (label := _first(label_places(image), exact))}
    taken = set(found.values())
    others = {name.lower(): name for name in exact if name not in taken}
    for image in images:
        if image not in found:
            places = [place.lower() for place in label_places(image)]
            if label := _first(places, others):
                found[image] = label
    return found


def _first(places: Iterable[str], labels: Mapping[str, str]) -> str | None:
    return next((labels[place] for place in places if place in labels), None)


def label_places(image: str) -> list[str]:
    """Return where the label file of an image may be, the usual place first."""
    stem = posixpath.splitext(image)[0]
    return [f"{place}.txt" for name in (stem, image) for place in _places(name)]


def _places(name: str) -> list[str]:
    parts = name.split("/")
    moved = [
        "/".join([*parts[:index], "labels", *parts[index + 1 :]])
        for index in range(len(parts) - 2, -1, -1)
        if parts[index].lower() in _IMAGE_FOLDERS
    ]
    folder, base = posixpath.split(name)
    return [*moved, name, posixpath.join(folder, "labels", base), f"labels/{name}"]


def numbers_of(line: str) -> list[float] | None:
    """Return the numbers of a box or outline, or None if the line is neither."""
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return None
    whole = len(numbers) >= BOX_NUMBERS and numbers[0] >= 0 and numbers[0] == numbers[0] // 1
    outline = len(numbers) >= LEAST_OUTLINE_NUMBERS and len(numbers) % 2 == 1
    return numbers if whole and (len(numbers) <= SCORED_NUMBERS or outline) else None


def orphans(files: Files, used: Iterable[str]) -> list[str]:
    """Return the label files that no image has, by their folder or by what is in them."""
    found = []
    for name in sorted({*label_files(files)} - {*used}):
        try:
            lines = files.text(name).split("\n", 1)
        except DatasetError:  # some other text
            continue
        in_labels = "labels" in posixpath.dirname(name).lower().split("/")
        if numbers_of(lines[0]) or (in_labels and not lines[0].strip()):
            found.append(name)
    return found
