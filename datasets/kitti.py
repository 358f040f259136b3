"""KITTI's labels: ``label_2/000000.txt`` for ``image_2/000000.png``, a line an object.

A line is type, truncated, occluded, alpha, left, top, right, bottom (pixels from 0), then seven
numbers in space and perhaps a score (Geiger et al., 2012). ``DontCare`` marks places where nobody
labelled anything: of no class, so that no class can ignore what is found there.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.named_images import add_found_image, require_images
from datasets.path_names import without_suffix
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawSet
from datasets.split_names import split_of_folders
from datasets.tables import first_line

UNLABELLED = "DontCare"
_FIELDS = (15, 16)  # the last with a score
_LOOKED_AT = 50  # files of a folder, as the first may have no object


def kitti_files(files: Files) -> list[str]:
    """Return the text files of the folders in which some begin with such a line."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in files.with_suffix(".txt"):
        folders[posixpath.dirname(name)].append(name)
    return [
        name
        for names in folders.values()
        if any(_box(first_line(files, name)) for name in names[:_LOOKED_AT])
        for name in names
    ]


def read_kitti(files: Files, track: Track) -> RawSet:
    """Read every label file that has its image.

    Raises:
        DatasetError: there is none.
    """
    raw = RawSet("kitti")
    labels = kitti_files(files)
    unlabelled = 0
    for name in track(labels, "reading annotations", len(labels)):
        image = _image_of(files, name)
        if image is None:
            if _box(first_line(files, name)) is not None:
                text = f"no image called {without_suffix(posixpath.basename(name))}; left out"
                raw.add_problem(Kind.NO_IMAGE, name, text)
            continue
        index = add_found_image(raw, image, name, split=split_of_folders(name))
        if index is None:
            continue
        try:
            unlabelled += _read_labels(raw, index, name, files.text(name))
        except DatasetError as error:
            cause = str(error).removeprefix(f"{files.root / name}: ")
            raw.add_problem(Kind.BROKEN_FILE, name, f"{cause}; its objects are left out")
    require_images(files, raw, labels, "KITTI")
    if unlabelled:
        text = f"{unlabelled} boxes of {UNLABELLED} are of no class; left out"
        raw.add_problem(Kind.CLASS, "", text)
    raw.summary = f"KITTI: {len(raw.images)} images"
    return raw


def _image_of(files: Files, label: str) -> str | None:
    """Return the image of a label file: of the camera the folder is numbered for, if it is."""
    folder, base = posixpath.split(without_suffix(label))
    camera = re.sub(r"label(?=_\d$)", "image", folder)
    if camera != folder:
        return files.image(f"{camera}/{base}", label)
    return files.image_beside(label, "")


def _read_labels(raw: RawSet, index: int, source: str, text: str) -> int:
    """Add the boxes of one label file; return how many places of no class it has."""
    unlabelled = 0
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            continue
        name, box = words.split()[0], _box(words)
        if box is None:
            shown = words.strip()[:60]
            raw.add_problem(Kind.NOT_A_BOX, source, f"{shown!r} is no box; left out", line)
        elif name == UNLABELLED:
            unlabelled += 1
        else:
            raw.add_box(index, box, name, line)
    return unlabelled


def _box(line: str) -> Corners | None:
    """Return the corners a line has, or None if it is none of KITTI's."""
    words = line.split()
    if len(words) not in _FIELDS or _numbers(words[:1]):  # a class without a name is YOLO's
        return None
    numbers = _numbers(words[1:])
    return (numbers[3], numbers[4], numbers[5], numbers[6]) if numbers else None


def _numbers(words: list[str]) -> list[float]:
    """Return what words say, nothing if one is no number."""
    try:
        return [float(word) for word in words]
    except ValueError:
        return []
