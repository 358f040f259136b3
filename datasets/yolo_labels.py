"""Which label file belongs to which image of a YOLO set, and what the numbers of a line are.

Each image has its label file at the same path with ``images`` replaced by ``labels``, or beside it;
some tools keep the image's suffix, as in ``a.jpg.txt``, and some have all labels in one folder.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.path_names import folded, without_suffix
from datasets.yolo_config import is_name_list

BOX_NUMBERS, SCORED_NUMBERS, LEAST_OUTLINE_NUMBERS = 5, 6, 7
_TURNED_BOX_NUMBERS = 9  # its four corners: an outline
_NEARLY_ALL, _ROOM = 0.9, 1.1  # of keypoints in their box, which may be a little larger
_IMAGE_FOLDERS = frozenset({"images", "image", "img", "imgs", "jpegimages"})


def label_files(files: Files) -> tuple[str, ...]:
    """Return the text files that may be of labels, sorted."""
    return tuple(name for name in files.with_suffix(".txt") if not is_name_list(name))


def labels_of_images(images: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Return the label file of each image that has one.

    Case counts where it has to: ``IMG_1.jpg`` and ``img_1.jpg`` are two images, and each keeps the
    file of its own name.
    """
    exact = {name: name for name in labels}
    if not exact:  # as in sets of other formats, which may be large
        return {}
    found = {image: label for image in images if (label := _first(label_places(image), exact))}
    others = {folded(name): name for name in exact.keys() - {*found.values()}}
    missing = [image for image in images if image not in found] if others else []
    for image in missing:
        if label := _first(map(folded, label_places(image)), others):
            found[image] = label
    if not missing or not others:
        return found
    # Where `labels/` has no folders as `images/` has, a name says which only if one image bears it.
    taken, wanted = {*found.values()}, defaultdict(list)
    for image in missing:
        if image not in found and (label := _first(map(folded, _flat_places(image)), others)):
            wanted[label].append(image)
    alone = {images[0]: label for label, images in wanted.items() if len(images) == 1}
    return found | {image: label for image, label in alone.items() if label not in taken}


def _first(places: Iterable[str], labels: Mapping[str, str]) -> str | None:
    return next((labels[place] for place in places if place in labels), None)


def label_places(image: str) -> list[str]:
    """Return where the label file of an image may be, the usual place first."""
    stem = posixpath.splitext(image)[0]
    return [f"{place}.txt" for name in (stem, image) for place in _places(name)]


def _flat_places(image: str) -> list[str]:
    """Return where the label of an image in a folder of ``images/`` is if ``labels/`` has none."""
    parts = image.split("/")
    return [
        "/".join([*parts[:index], "labels", f"{without_suffix(parts[-1])}.txt"])
        for index in range(len(parts) - 3, -1, -1)
        if parts[index].lower() in _IMAGE_FOLDERS
    ]


def _places(name: str) -> list[str]:
    parts = name.split("/")
    moved = [
        "/".join([*parts[:index], "labels", *parts[index + 1 :]])
        for index in range(len(parts) - 2, -1, -1)
        if parts[index].lower() in _IMAGE_FOLDERS
    ]
    folder, base = posixpath.split(name)
    return [*moved, name, posixpath.join(folder, "labels", base), f"labels/{name}"]


def numbers_of(line: str, *, has_keypoints: bool = False) -> list[float] | None:
    """Return the numbers of a box, perhaps with keypoints, or of an outline; None for others."""
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return None
    whole = len(numbers) >= BOX_NUMBERS and numbers[0] >= 0 and numbers[0] == numbers[0] // 1
    outline = len(numbers) >= LEAST_OUTLINE_NUMBERS and len(numbers) % 2 == 1
    is_known = len(numbers) <= SCORED_NUMBERS or outline or has_keypoints
    return numbers if whole and is_known else None


def hold_keypoints(lines: Iterable[str]) -> bool:
    """Say whether long lines of label files are boxes with keypoints behind them, and no outlines.

    They are as long as each other, and every third number is 0, 1 or 2, or nearly all points that
    are visible lie in the box that the first four numbers are. Of an outline's points those would
    have to be two that, read so, hold all others.
    """
    found = [numbers_of(line, has_keypoints=True) or [] for line in lines]
    long = [numbers for numbers in found if len(numbers) >= LEAST_OUTLINE_NUMBERS]
    lengths = {len(numbers) for numbers in long}
    if len(lengths) != 1 or lengths == {_TURNED_BOX_NUMBERS}:
        return False
    table = np.array(long)
    middle, half = table[:, None, 1:3], table[:, None, 3:BOX_NUMBERS] / 2
    for size in (3, 2):  # x, y and whether it is visible, or without the last
        if (table.shape[1] - BOX_NUMBERS) % size:
            continue
        points = table[:, BOX_NUMBERS:].reshape(len(table), -1, size)
        if size == 3 and not np.isin(points[..., 2], (0, 1, 2)).all():
            continue
        if size == 3 and (points[..., 2] == 2).any():  # which no fraction is
            return True
        visible = points[..., :2].any(axis=2)
        held = np.all(np.abs(points[..., :2] - middle) <= half * _ROOM, axis=2)
        if visible.any() and held[visible].mean() >= _NEARLY_ALL:
            return True
    return False


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
