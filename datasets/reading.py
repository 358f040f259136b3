"""A folder to a `Dataset`: finds the format, reads it, cleans it, completes the splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, Dataset, DatasetError, LabelledImage
from datasets.class_names import label_classes, remarks_on_classes
from datasets.cleaning import clean_boxes
from datasets.coco import read_coco
from datasets.coco_json import coco_files
from datasets.collection import without_full_searches
from datasets.createml import createml_files, read_createml
from datasets.csv_table import csv_tables, read_csv
from datasets.cvat import cvat_files, read_cvat
from datasets.duplicates import file_sha256, find_copies, problem_of, without_copies_in_test
from datasets.files import Files
from datasets.groups import named_groups
from datasets.headers import ImageFile, read_image_files
from datasets.images import unread
from datasets.kitti import kitti_files, read_kitti
from datasets.labelme import labelme_files, read_labelme
from datasets.labelstudio import labelstudio_files, read_labelstudio
from datasets.path_names import as_text, real_path
from datasets.problems import Kind
from datasets.progress import Track, silently
from datasets.raw import RawBoxes, RawSet
from datasets.settings import DatasetSettings
from datasets.splits import (
    complete_splits,
    drawn_from,
    remarks_on_splits,
    with_objects_in_val,
)
from datasets.supervisely import read_supervisely, supervisely_files
from datasets.unread import unknown_files, unread_formats
from datasets.via import read_via, via_files
from datasets.voc import looks_like_voc, read_voc
from datasets.yolo import looks_like_yolo, read_yolo

Images = tuple[LabelledImage, ...]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Format:
    """How one format is read, and what is true or not empty where a folder has it."""

    title: str
    is_there: Callable[[Files], object]
    read: Callable[[Files, Track], RawSet]


# Where a folder has several, the one with most information about its images comes first.
FORMATS: Mapping[str, Format] = {
    "voc": Format("Pascal VOC", looks_like_voc, read_voc),
    "coco": Format("COCO JSON", coco_files, read_coco),
    "yolo": Format("YOLO text labels", looks_like_yolo, read_yolo),
    "csv": Format("CSV", csv_tables, read_csv),
    "cvat": Format("CVAT XML", cvat_files, read_cvat),
    "labelme": Format("LabelMe JSON", labelme_files, read_labelme),
    "labelstudio": Format("Label Studio JSON", labelstudio_files, read_labelstudio),
    "supervisely": Format("Supervisely", supervisely_files, read_supervisely),
    "via": Format("VGG Image Annotator", via_files, read_via),
    "kitti": Format("KITTI", kitti_files, read_kitti),
    "createml": Format("Create ML JSON", createml_files, read_createml),
}


def read_dataset(
    folder: Path,
    format_name: str = "auto",
    track: Track = silently,
    settings: DatasetSettings | None = None,
    jobs: int = 1,
) -> Dataset:
    """Read a labelled set, whatever is wrong with it listed in ``problems``.

    The format is one of `FORMATS`, or ``auto`` to recognise it; ``jobs`` is the number of processes
    that read the images of a large set.

    Raises:
        DatasetError: the folder is missing or empty, or nothing in it can be used.
    """
    settings = settings or DatasetSettings()
    return completed(read_folder(folder, format_name, track, settings, jobs), settings)


@without_full_searches()
def completed(dataset: Dataset, settings: DatasetSettings) -> Dataset:
    """Return the set with all three splits, and no test image that train or val has too.

    A val split without objects gets some from train.

    Raises:
        DatasetError: there are too few images for three splits.
    """

    def content(image: LabelledImage) -> str:
        return sha256(image.group.encode()).hexdigest() if image.group else file_sha256(image)

    divide, shares = bool(settings.split), settings.shares()
    found = {split: named_groups(each, settings.group) for split, each in dataset.splits.items()}
    splits, notes = complete_splits(found, shares, content, divide=divide)
    dataset = replace(dataset, splits=splits, problems=(*dataset.problems, *notes))
    dataset = with_objects_in_val(dataset, shares[1], content)
    copies = find_copies(dataset.splits)
    splits, copies = without_copies_in_test(dataset.splits, copies, keep=settings.keep_duplicates)
    problems = (*dataset.problems, *map(problem_of, copies))
    dataset = replace(dataset, splits=splits, problems=problems, duplicates=copies)
    remarks = (*remarks_on_splits(splits), *remarks_on_classes(dataset))
    return replace(dataset, problems=(*problems, *remarks))


@without_full_searches()
def read_folder(
    folder: Path, format_name: str, track: Track, settings: DatasetSettings, jobs: int = 1
) -> Dataset:
    """Read a set as its folder has it: its own splits, nothing drawn, no duplicate taken out.

    See `read_dataset` for the arguments.

    Raises:
        DatasetError: the folder is missing or empty, or nothing in it can be used.
    """
    try:
        return _read(real_path(folder), format_name, track, settings, jobs)
    except OSError as error:
        place = error.filename or folder
        raise DatasetError(f"{place}: can't be read ({error.strerror or error})") from error


def _read(
    folder: Path, format_name: str, track: Track, settings: DatasetSettings, jobs: int
) -> Dataset:
    if format_name not in {"auto", *FORMATS}:
        raise DatasetError(f"{format_name}: unknown format; known are {', '.join(FORMATS)}")
    files = Files(folder)
    names = find_formats(files) if format_name == "auto" else [format_name]
    raw = _read_first(files, names, track)
    if raw.outlines:
        text = f"{raw.outlines} objects are outlines; the box around each is taken"
        raw.add_problem(Kind.POLYGON, "", text)
    _note_names(files, raw)
    splits_there = {image.split for image in raw.images}
    hashed = drawn_from(splits_there, divide=bool(settings.split)) if not settings.group else ()
    read = read_image_files(files, raw, hashed, settings.max_pixels, track, jobs)
    boxes, repairs = clean_boxes(raw, [file and file.header for file in read])
    raw.problems += repairs
    classes, label_of, remarks = label_classes(
        raw.class_names, boxes.class_name, merge=settings.merge_classes
    )
    nothing = "no annotation has an object that can be used; there is nothing to learn"
    raw.require(boxes.image, f"{folder}: {nothing}")
    splits = _labelled(files, raw, read, boxes, label_of[boxes.class_name])
    problems = (*raw.problems, *remarks)
    return Dataset(folder.name, raw.format, classes, splits, problems, raw.summary)


def _read_first(files: Files, names: Sequence[str], track: Track) -> RawSet:
    """Return the set as read by the first format that can, with a note on the others.

    Raises:
        DatasetError: none can; what is wrong is said of the first.
    """
    failed: dict[str, DatasetError] = {}
    for name in names:
        try:
            raw = _raw_set(files, FORMATS[name], track)
        except DatasetError as error:
            failed[name] = error
            continue
        for other in names:
            title = FORMATS[other].title
            text = (
                f"there is {title} too, which was not read; --format {other} reads it instead of "
                f"{FORMATS[name].title}"
            )
            if other in failed:
                text = f"read as {FORMATS[name].title}, for as {title} it can't be: {failed[other]}"
            if other != name:
                raw.add_problem(Kind.FORMAT, "", text)
        return raw
    raise next(iter(failed.values()))


def _raw_set(files: Files, how: Format, track: Track) -> RawSet:
    """Return what a reader gives.

    Raises:
        DatasetError: nothing can be used, with what looks like another format, if anything does.
    """
    try:
        return how.read(files, track)
    except DatasetError as error:
        if not (unread := unread_formats(files)):
            raise
        raise DatasetError(f"{error}; {'; '.join(unread)}") from error


def _note_names(files: Files, raw: RawSet) -> None:
    """Note every image that was passed over, and what was made of names that fit badly."""
    for name in files.images:
        if raw.index_of(name) is None and name not in raw.left_out:
            raw.add_problem(Kind.NO_ANNOTATION, name, "has no annotation; left out")
    for name in files.misnamed:
        raw.add_problem(
            Kind.BROKEN_FILE, as_text(name), "its name is not UTF-8; left out; rename the file"
        )
    for name in sorted(files.irregular):
        raw.add_problem(Kind.BROKEN_FILE, name, "is no regular file; left out")
    for name in files.unread_pictures:
        raw.add_problem(Kind.BROKEN_IMAGE, name, f"{unread(name)}; left out")
    for (source, name), (taken, other) in files.doubtful.items():
        text = f"{name} may be {taken} or {other}; the first is taken"
        raw.add_problem(Kind.SAME_NAME, source, text)
    for (source, name), taken in list(files.led_out.items())[:1]:
        others = f", and so for {len(files.led_out) - 1} others" if len(files.led_out) > 1 else ""
        text = f"names {name!r}, which leads out of the set's folder; {taken} in it is taken"
        raw.add_problem(Kind.LED_OUT, source, text + others)


def find_formats(files: Files) -> list[str]:
    """Return the formats in the folder, the one to read first.

    Raises:
        DatasetError: nothing in it is known.
    """
    if not files.names:
        raise DatasetError(f"{files.root}: is empty; --dataset takes a folder with labelled images")
    known, unsure = [], []
    for name, how in FORMATS.items():
        try:
            known += [name] if how.is_there(files) else []
        except DatasetError:  # a file that may be of that format can't be read
            unsure.append(name)
    known += unsure
    if not known:
        titles = ", ".join(how.title for how in FORMATS.values())
        unread = "; ".join(unread_formats(files)) or "; ".join(
            [
                *unknown_files(files),
                f"boxes may be in {titles}; "
                "a CSV has a header as filename,class,xmin,ymin,xmax,ymax",
            ]
        )
        images = f"its {len(files.images)} images"
        raise DatasetError(f"{files.root}: no annotations found for {images}; {unread}")
    return known


def _labelled(
    files: Files, raw: RawSet, read: Sequence[ImageFile | None], boxes: RawBoxes, labels: Labels
) -> dict[str, Images]:
    """Return the images with their ground truth by split, each sorted by name."""
    edges = np.searchsorted(boxes.image, np.arange(len(raw.images) + 1)).tolist()
    truths = Annotations.in_parts(boxes.corners, labels, boxes.ignore, edges)
    splits: dict[str, list[LabelledImage]] = {}
    for index in sorted(range(len(raw.images)), key=lambda index: raw.images[index].name):
        file = read[index]
        if file is None:
            continue
        image, header = raw.images[index], file.header
        labelled = LabelledImage(
            image.name,
            files.root / image.name,
            header.width_px,
            header.height_px,
            truths[index],
            size_bytes=file.size_bytes,
            sha256=file.sha256,
        )
        splits.setdefault(image.split, []).append(labelled)
    return {split: tuple(images) for split, images in splits.items()}
