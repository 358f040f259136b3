"""YOLO text labels: a line an object, ``class x y width height`` in fractions, x and y its centre.

Each image has its label file at the same path with ``images`` replaced by ``labels``, or beside it.
An empty label file means an image without objects, and so does a missing one, which is counted.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from datasets.annotations import SPLITS, DatasetError, LabelledImage, Splits
from datasets.box_readings import MIDDLE
from datasets.boxes import number_text, xyxy_to_xywh
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawImage, RawSet
from datasets.yolo_config import NAME_LISTS, YoloConfig, find_config, images_of_splits

BOX_NUMBERS, SCORED_NUMBERS, LEAST_OUTLINE_NUMBERS = 5, 6, 7
_PIXELS = (2.0, 1e6)  # a number between is no fraction, but a pixel
_IMAGE_FOLDERS = frozenset({"images", "image", "img", "imgs", "jpegimages"})
IGNORED = "ignored"  # our own list beside data.yaml; the format itself has no such thing


def looks_like_yolo(files: Files) -> bool:
    """Return whether the set describes itself as YOLO's do, or has a label file beside an image."""
    if find_config(files).entries:
        return True
    labels = _label_files(files)
    for image in files.images:
        name = label_file_of(image, labels)
        if name and (lines := files.text(name).split("\n")) and lines[0].strip():
            return _numbers(lines[0]) is not None
    return False


def read_yolo(files: Files, track: Track) -> RawSet:
    """Read every image the set lists, with its label file.

    Raises:
        DatasetError: no image has labels, or an entry or number can't be used.
    """
    raw = RawSet("yolo", reading=MIDDLE)
    config = find_config(files)
    for _, class_name in sorted(config.class_names.items()):
        raw.add_class(class_name)
    ignored = _ignored_boxes(files, config)
    labels = _label_files(files)
    listed = images_of_splits(files, config, raw)
    far = outlines = 0
    for image, split in track(sorted(listed.items()), "reading annotations", len(listed)):
        label = label_file_of(image, labels)
        index = raw.add_image(RawImage(image, split, label or image, in_fractions=True))
        if label is None:
            raw.add_problem(Kind.NO_LABEL_FILE, image, "has no label file, so it has no objects")
        elif index is not None:
            hidden = ignored.get(image, frozenset())
            counts = _read_labels(raw, index, files.text(label), config, hidden)
            far, outlines = far + counts[0], outlines + counts[1]
    where = config.source or "its folders"
    raw.require(raw.images, f"{files.root}: no image is where {where} has the images")
    if far > len(raw.images) / 2:
        raise DatasetError(
            f"{files.root}: its label files hold pixels ({far} boxes lie far outside); YOLO's "
            "numbers are fractions of the image's width and height"
        )
    if outlines:
        text = f"{outlines} objects are outlines; the box around each is taken"
        raw.add_problem(Kind.POLYGON, "", text)
    for first, other in files.sharing_a_stem():
        if first in listed and other in listed:
            raw.add_problem(Kind.SAME_NAME, other, f"shares its label file with {first}")
    names = f"names from {config.source}"
    if not config.class_names:
        names = "classes called by number, no names found"
        raw.add_problem(Kind.FORMAT, "", "no data.yaml or classes.txt names the classes")
    raw.summary = f"YOLO text labels: {len(raw.images)} images, {names}"
    return raw


def label_file_of(image: str, labels: Mapping[str, str]) -> str | None:
    """Return the label file of an image out of those by name in lower case, or None."""
    places = map(str.lower, label_places(image))
    return next((labels[place] for place in places if place in labels), None)


def label_places(image: str) -> list[str]:
    """Return where the label file of an image may be, the usual place first."""
    stem = posixpath.splitext(image)[0]
    parts = stem.split("/")
    moved = [
        "/".join([*parts[:index], "labels", *parts[index + 1 :]])
        for index in range(len(parts) - 2, -1, -1)
        if parts[index].lower() in _IMAGE_FOLDERS
    ]
    folder, base = posixpath.split(stem)
    beside = posixpath.join(folder, "labels", base)
    return [f"{place}.txt" for place in (*moved, stem, beside, f"labels/{stem}")]


def _label_files(files: Files) -> dict[str, str]:
    return {
        name.lower(): name
        for name in files.with_suffix(".txt")
        if posixpath.basename(name).lower() not in NAME_LISTS
    }


def _read_labels(
    raw: RawSet, index: int, text: str, config: YoloConfig, ignored: frozenset[int]
) -> tuple[int, int]:
    """Add the boxes of one label file; return how many lie far out and how many are outlines."""
    source = raw.images[index].source
    far = outlines = count = 0
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            continue
        numbers = _numbers(words)
        number = int(numbers[0]) if numbers else -1
        class_name = config.class_names.get(number) if config.class_names else str(number)
        if numbers is None or class_name is None:
            unknown = f"class {number} is not in {config.source}"
            text = unknown if numbers else f"{words.strip()[:60]!r} is no box"
            raw.add_problem(Kind.NOT_A_BOX, source, f"{text}; left out", line)
            continue
        if config.has_keypoints or len(numbers) <= SCORED_NUMBERS:
            x, y, width, height = numbers[1:BOX_NUMBERS]
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        else:
            xs, ys = numbers[1::2], numbers[2::2]
            corners = (min(xs), min(ys), max(xs), max(ys))
            outlines += 1
        far += _PIXELS[0] < max(map(abs, corners)) < _PIXELS[1]
        raw.add_box(index, corners, class_name, line, ignore=count in ignored)
        count += 1
    return far, outlines


def _numbers(line: str) -> list[float] | None:
    """Return the numbers of a box or outline, or None if the line is neither."""
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return None
    whole = len(numbers) >= BOX_NUMBERS and numbers[0] >= 0 and numbers[0] == numbers[0] // 1
    outline = len(numbers) >= LEAST_OUTLINE_NUMBERS and len(numbers) % 2 == 1
    return numbers if whole and (len(numbers) <= SCORED_NUMBERS or outline) else None


def _ignored_boxes(files: Files, config: YoloConfig) -> dict[str, frozenset[int]]:
    """Return the boxes to ignore by image, by their place in its label file, as we write them."""
    name = posixpath.join(posixpath.dirname(config.source), f"{IGNORED}.txt")
    ignored: dict[str, frozenset[int]] = {}
    if name in files.name_set:
        for line in files.text(name).splitlines():
            indices, _, written = line.partition("\t")
            image = files.image(written, name) if written else None
            if image and all(index.isdigit() for index in indices.split(",")):
                ignored[image] = frozenset(map(int, indices.split(",")))
    return ignored


def write_yolo(folder: Path, splits: Splits, classes: Sequence[str]) -> None:
    """Write ``labels``, a list of images for each split and ``data.yaml``.

    Boxes that are ignored stay in the label files, and ``ignored.txt`` lists which they are.
    """
    ignored: list[str] = []
    for images in splits.values():
        for image in images:
            path = folder / label_places(f"images/{image.name}")[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_label_text(image), encoding="utf-8")
            hidden = np.flatnonzero(image.annotations.ignore)
            if len(hidden):
                ignored.append(f"{','.join(map(str, hidden))}\timages/{image.name}\n")
    description: dict[str, object] = {}
    for split, images in splits.items():
        name = f"{split or 'unsplit'}.txt"
        listing = "".join(f"./images/{image.name}\n" for image in images)
        (folder / name).write_text(listing, encoding="utf-8")
        if split in SPLITS:
            description[split] = name
    if ignored:
        (folder / f"{IGNORED}.txt").write_text("".join(ignored), encoding="utf-8")
    if description and "" in splits:  # what no split has counts as training images
        description["train"] = [n for n in (description.get("train"), "unsplit.txt") if n]
    description["names"] = dict(enumerate(classes))
    text = yaml.safe_dump(description, allow_unicode=True, sort_keys=False)
    (folder / "data.yaml").write_text(text, encoding="utf-8")


def _label_text(image: LabelledImage) -> str:
    size = np.array([image.width_px, image.height_px] * 2, dtype=np.float64)
    truth = image.annotations
    rows = xyxy_to_xywh(truth.boxes)
    rows[:, :2] += rows[:, 2:] / 2
    lines = zip(truth.labels.tolist(), (rows / size).tolist(), strict=True)
    return "".join(f"{label} {' '.join(map(number_text, row))}\n" for label, row in lines)
