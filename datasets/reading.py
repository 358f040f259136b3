"""A folder to a `Dataset`: finds the format, reads it, cleans it, completes the splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, Dataset, DatasetError, LabelledImage
from datasets.class_names import label_classes, remarks_on_classes
from datasets.cleaning import clean_boxes
from datasets.coco import coco_files, read_coco
from datasets.csv_table import csv_tables, read_csv
from datasets.duplicates import file_sha256, find_copies, problem_of, without_copies_in_test
from datasets.files import Files
from datasets.images import Header, ImageError, read_header
from datasets.problems import Kind
from datasets.progress import Track, silently
from datasets.raw import RawBoxes, RawSet
from datasets.settings import DatasetSettings
from datasets.splits import complete_splits, with_objects_in_val
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
}


def read_dataset(
    folder: Path,
    format_name: str = "auto",
    track: Track = silently,
    settings: DatasetSettings | None = None,
) -> Dataset:
    """Read a labelled set, whatever is wrong with it listed in ``problems``.

    The format is one of `FORMATS`, or ``auto`` to recognise it.

    Raises:
        DatasetError: the folder is missing or empty, or nothing in it can be used.
    """
    settings = settings or DatasetSettings()
    return completed(read_folder(folder, format_name, track, settings), settings)


def completed(dataset: Dataset, settings: DatasetSettings) -> Dataset:
    """Return the set with all three splits, and no test image that train or val has too.

    A val split without objects gets some from train.

    Raises:
        DatasetError: there are too few images for three splits.
    """
    digest = cache(file_sha256)  # each file is read at most once
    shares = settings.shares()
    splits, notes = complete_splits(dataset.splits, shares, digest)
    dataset = replace(dataset, splits=splits, problems=(*dataset.problems, *notes))
    dataset = with_objects_in_val(dataset, shares[1], digest)
    copies = find_copies(dataset.splits, digest)
    splits, copies = without_copies_in_test(dataset.splits, copies, keep=settings.keep_duplicates)
    problems = (*dataset.problems, *map(problem_of, copies))
    dataset = replace(dataset, splits=splits, problems=problems, duplicates=copies)
    return replace(dataset, problems=(*problems, *remarks_on_classes(dataset)))


def read_folder(folder: Path, format_name: str, track: Track, settings: DatasetSettings) -> Dataset:
    """Read a set as its folder has it: its own splits, nothing drawn, no duplicate taken out.

    See `read_dataset` for the arguments.

    Raises:
        DatasetError: the folder is missing or empty, or nothing in it can be used.
    """
    try:
        return _read(folder.resolve(), format_name, track, settings)
    except OSError as error:
        place = error.filename or folder
        raise DatasetError(f"{place}: can't be read ({error.strerror or error})") from error


def _read(folder: Path, format_name: str, track: Track, settings: DatasetSettings) -> Dataset:
    files = Files(folder)
    if format_name not in {"auto", *FORMATS}:
        raise DatasetError(f"{format_name}: unknown format; known are {', '.join(FORMATS)}")
    others: list[str] = []
    if format_name == "auto":
        format_name, *others = find_formats(files)
    raw = FORMATS[format_name].read(files, track)
    for other in others:
        text = (
            f"there is {FORMATS[other].title} too, which was not read; --format {other} reads it "
            f"instead of {FORMATS[format_name].title}"
        )
        raw.add_problem(Kind.FORMAT, "", text)
    for name in files.images:
        if raw.index_of(name) is None and name not in raw.left_out:
            raw.add_problem(Kind.NO_ANNOTATION, name, "has no annotation; left out")
    for (source, name), (taken, other) in files.doubtful.items():
        text = f"{name} may be {taken} or {other}; the first is taken"
        raw.add_problem(Kind.SAME_NAME, source, text)
    headers = _headers(files, raw, settings.max_pixels, track)
    boxes, repairs = clean_boxes(raw, headers)
    classes, label_of, remarks = label_classes(
        raw.class_names, boxes.class_name, merge=settings.merge_classes
    )
    nothing = "no annotation has an object that can be used; there is nothing to learn"
    raw.require(boxes.image, f"{folder}: {nothing}")
    splits = _labelled(files, raw, headers, boxes, label_of[boxes.class_name])
    problems = (*raw.problems, *repairs, *remarks)
    return Dataset(folder.name, format_name, classes, splits, problems, raw.summary)


def find_formats(files: Files) -> list[str]:
    """Return the formats in the folder, the one to read first.

    Raises:
        DatasetError: nothing in it is known.
    """
    if not files.names:
        raise DatasetError(f"{files.root}: is empty; --dataset takes a folder with labelled images")
    known = [name for name, how in FORMATS.items() if how.is_there(files)]
    if not known:
        raise DatasetError(
            f"{files.root}: no annotations found for its {len(files.images)} images; boxes may be "
            "in Pascal VOC XML, COCO JSON, YOLO text files or a CSV with a header "
            "filename,class,xmin,ymin,xmax,ymax"
        )
    return known


def _headers(files: Files, raw: RawSet, max_pixels: int, track: Track) -> list[Header | None]:
    """Return the header of each image, None for those that can't be used, which are listed."""
    names = [image.name for image in raw.images]
    headers: list[Header | None] = []
    # One after the other: a header costs Python's own time, so threads would wait for each other.
    for name in track(names, "reading image sizes", len(names)):
        try:
            headers.append(read_header(files.root / name, max_pixels))
        except ImageError as error:
            cause = str(error).removeprefix(f"{files.root / name}: ")
            raw.add_problem(Kind.BROKEN_IMAGE, name, f"{cause}; left out")
            headers.append(None)
    return headers


def _labelled(
    files: Files, raw: RawSet, headers: Sequence[Header | None], boxes: RawBoxes, labels: Labels
) -> dict[str, Images]:
    """Return the images with their ground truth by split, each sorted by name."""
    edges = np.searchsorted(boxes.image, np.arange(len(raw.images) + 1))
    splits: dict[str, list[LabelledImage]] = {}
    for index in sorted(range(len(raw.images)), key=lambda index: raw.images[index].name):
        header = headers[index]
        if header is None:
            continue
        rows = slice(edges[index], edges[index + 1])
        truth = Annotations(boxes.corners[rows], labels[rows], boxes.ignore[rows])
        image = raw.images[index]
        path, size = files.root / image.name, (header.width_px, header.height_px)
        splits.setdefault(image.split, []).append(LabelledImage(image.name, path, *size, truth))
    return {split: tuple(images) for split, images in splits.items()}
