"""YOLO text labels: a line an object, ``class x y width height`` in fractions, x and y its centre.

An empty label file means an image without objects, and so does a missing one, which is counted.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from datasets.annotations import SPLITS, DatasetError, LabelledImage, Splits
from datasets.box_readings import MIDDLE
from datasets.boxes import number_text, xyxy_to_xywh
from datasets.coco_ids import Id
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawImage, RawSet
from datasets.shifted_ids import shifted
from datasets.yolo_config import YoloConfig, find_config
from datasets.yolo_labels import (
    BOX_NUMBERS,
    SCORED_NUMBERS,
    hold_keypoints,
    label_files,
    label_places,
    labels_of_images,
    numbers_of,
    orphans,
)
from datasets.yolo_splits import images_of_splits

_SAMPLE = 50  # label files in which keypoints are looked for
_PIXELS = (2.0, 1e6)  # a number between is no fraction, but a pixel
IGNORED = "ignored"  # our own list beside data.yaml; the format itself has no such thing


def looks_like_yolo(files: Files) -> bool:
    """Return whether the set describes itself as YOLO's do, or has a label file beside an image."""
    if find_config(files).entries:
        return True
    labels = labels_of_images(files.images, label_files(files))
    for name in labels.values():
        lines = files.text(name).splitlines()
        if lines and lines[0].strip():
            return numbers_of(lines[0]) is not None or hold_keypoints(lines)
    return False


def read_yolo(files: Files, track: Track) -> RawSet:
    """Read every image the set lists, with its label file.

    Raises:
        DatasetError: no image has labels, or an entry or number can't be used.
    """
    raw = RawSet("yolo", reading=MIDDLE)
    config = find_config(files)
    for class_name in config.all_names():
        raw.add_class(class_name)
    ignored = _ignored_boxes(files, config)
    listed = images_of_splits(files, config, raw)
    labels = labels_of_images(files.images, label_files(files))
    config = _with_keypoints(
        files, raw, config, [labels[name] for name in listed if name in labels]
    )
    far = outlines = 0
    used: Counter[int] = Counter()
    for image, split in track(sorted(listed.items()), "reading annotations", len(listed)):
        label = labels.get(image)
        try:
            text = files.text(label) if label else ""
        except DatasetError as error:
            raw.add_problem(Kind.BROKEN_FILE, image, f"{error}; left out")
            raw.left_out.add(image)
            continue
        index = raw.add_image(RawImage(image, split, label or image, in_fractions=True))
        if label is None:
            raw.add_problem(Kind.NO_LABEL_FILE, image, "has no label file, so it has no objects")
        elif index is not None:
            hidden = ignored.get(image, frozenset())
            counts = _read_labels(raw, index, text, config, hidden, used)
            far, outlines = far + counts[0], outlines + counts[1]
    where = config.source or "its folders"
    raw.require(raw.images, f"{files.root}: no image is where {where} has the images")
    if far > len(raw.images) / 2:
        raise DatasetError(
            f"{files.root}: its label files hold pixels ({far} boxes lie far outside); YOLO's "
            "numbers are fractions of the image's width and height"
        )
    _refuse_shifted(files, config, used)
    if outlines:
        text = f"{outlines} objects are outlines; the box around each is taken"
        raw.add_problem(Kind.POLYGON, "", text)
    _note_files(files, raw, labels)
    names = f"names from {config.source}"
    if not config.class_names:
        names = "classes called by number, no names found"
        raw.add_problem(Kind.FORMAT, "", "no data.yaml or classes.txt names the classes")
    if config.stated_classes not in {None, len(config.class_names)}:
        text = f"says nc: {config.stated_classes} and names {len(config.class_names)} classes"
        raw.add_problem(Kind.CLASS, config.source, f"{text}; the names count")
    for other in config.disagreeing:
        text = f"names other classes than {config.source}, {config.what_counts}"
        raw.add_problem(Kind.CLASS, other, text)
    raw.summary = f"YOLO text labels: {len(raw.images)} images, {names}"
    return raw


def _with_keypoints(
    files: Files, raw: RawSet, config: YoloConfig, labels: Sequence[str]
) -> YoloConfig:
    """Return the description, which need not say that there are keypoints, with that they are."""
    if config.has_keypoints:
        return config
    lines: list[str] = []
    for label in labels[:: max(1, len(labels) // _SAMPLE)]:
        with suppress(DatasetError):  # which is noted when it is read
            lines += files.text(label).splitlines()
    if not hold_keypoints(lines):
        return config
    text = "lines hold keypoints behind their box, which is taken"
    raw.add_problem(Kind.READING, "", text)
    return replace(config, has_keypoints=True)


def _note_files(files: Files, raw: RawSet, labels: Mapping[str, str]) -> None:
    """Note label files that two images share, and those that no image has."""
    first_of: dict[str, str] = {}
    for image in (image.name for image in raw.images if image.name in labels):
        first = first_of.setdefault(labels[image], image)
        if first != image:
            raw.add_problem(Kind.SAME_NAME, image, f"shares its label file with {first}")
    for name in orphans(files, labels.values()):
        raw.add_problem(Kind.NO_IMAGE, name, "has labels and no image of its name; left out")


def _refuse_shifted(files: Files, config: YoloConfig, used: Counter[int]) -> None:
    """Refuse a set whose labels count the classes from another number than the list of its names.

    Raises:
        DatasetError: it is one, so that the classes of all its objects are others' too.
    """
    names = config.class_names
    if config.disagreeing and not config.is_described:  # then it depends on the file
        return
    if shifted(Counter[Id](used), names):
        raise DatasetError(
            f"{files.root / config.source}: names the classes {min(names)} to {max(names)}, and "
            f"labels are of {min(used)} to {max(used)}: they seem to be counted from different "
            "numbers, so every class may be another; give both the same numbers"
        )


def _read_labels(
    raw: RawSet,
    index: int,
    text: str,
    config: YoloConfig,
    ignored: frozenset[int],
    used: Counter[int],
) -> tuple[int, int]:
    """Add the boxes of one label file; return how many lie far out and how many are outlines.

    How often each class is used is added to ``used``.
    """
    source = raw.images[index].source
    names = config.names_for(source)
    far = outlines = count = 0
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            continue
        numbers = numbers_of(words, has_keypoints=config.has_keypoints)
        number = int(numbers[0]) if numbers else -1
        used.update([number] if numbers else [])
        class_name = names.get(number) if config.class_names else str(number)
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
