"""Pascal VOC: one XML file an image, corners 1-based and inclusive (Everingham et al., 2010).

Three layouts are read: ``JPEGImages/Annotations/ImageSets/Main``, split folders (``train/``,
``val/`` or ``valid/``, ``test/``) and XML beside the images. Files are looked up among those
found below the set's folder, so no name in a file can lead out of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from datasets.annotations import Annotations, DatasetError, LabelledImage
from datasets.boxes import clip
from datasets.images import SUFFIXES, ImageError, upright_size
from datasets.progress import Track, silently

SPLIT_FOLDERS = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}


@dataclass(frozen=True)
class VocObject:
    """One ``<object>`` as the file has it: raw corners, 1-based and inclusive."""

    class_name: str
    corners: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True)
class VocFile:
    """What one XML file says."""

    path: Path
    image_name: str
    size_px: tuple[int, int] | None
    objects: tuple[VocObject, ...]


@dataclass(frozen=True, eq=False)
class VocSet:
    """Everything read below a folder: images by split ("" where there is none) and problems."""

    classes: tuple[str, ...]
    images: Mapping[str, tuple[LabelledImage, ...]]
    problems: tuple[str, ...]


def looks_like_voc(folder: Path) -> bool:
    """Say whether there is an XML file of an annotated image below the folder."""
    return any(_is_annotation(path) for path in folder.rglob("*.[xX][mM][lL]"))


def read_voc(folder: Path, track: Track = silently) -> VocSet:
    """Read every annotated image below the folder.

    Raises:
        DatasetError: no annotation matches an image, or a file is not safe to read.
    """
    xml_paths = sorted(path for path in folder.rglob("*.[xX][mM][lL]"))
    images = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    problems: list[str] = []
    pairs: list[tuple[VocFile, Path]] = []
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for image in images:
        by_stem[image.stem].append(image)
    for path in track(xml_paths, "reading annotations", len(xml_paths)):
        try:
            file = _read_xml(path)
        except ValueError as error:
            problems.append(f"{path}: {error}; left out")
            continue
        match = _image_of(file, by_stem)
        if match is None:
            problems.append(f"{path}: no image called {path.stem} or {file.image_name}; left out")
        else:
            pairs.append((file, match))
    if not pairs:
        raise DatasetError(_nothing_found(folder, len(xml_paths), len(images), problems))
    annotated = {image for _, image in pairs}
    problems += [f"{p}: has no annotation; left out" for p in images if p not in annotated]
    classes = tuple(sorted({o.class_name for file, _ in pairs for o in file.objects}))
    read = [_labelled(file, image, folder, classes, problems) for file, image in pairs]
    unique = {image.name: image for image in read if image is not None}
    return VocSet(classes, _by_split(folder, unique, problems), tuple(problems))


def _is_annotation(path: Path) -> bool:
    with path.open("rb") as stream:
        return b"<annotation" in stream.read(1024)


def _nothing_found(folder: Path, xml_files: int, images: int, problems: Sequence[str]) -> str:
    first = f" The first: {problems[0]}." if problems else ""
    return (
        f"{folder}: none of its {xml_files} XML files matches one of its {images} images; each "
        f"image needs an XML file of the same name beside it or in Annotations/.{first}"
    )


def _image_of(file: VocFile, by_stem: Mapping[str, Sequence[Path]]) -> Path | None:
    """Return the image an annotation is about: by place and name first, then by what it says."""
    named = by_stem.get(file.path.stem, ())
    beside = [path for path in named if path.parent == file.path.parent]
    if beside or named:
        return min(beside or named, key=lambda path: (path.name != file.image_name, path))
    said = by_stem.get(Path(file.image_name).stem, ())
    return said[0] if said else None


def _read_xml(path: Path) -> VocFile:
    try:
        root = parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException as error:
        raise DatasetError(
            f"{path}: has a DTD or entities, which may hide an attack; remove them"
        ) from error
    except (ParseError, UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"is not XML ({error})") from error
    if root is None or root.tag != "annotation":
        raise ValueError("is not a Pascal VOC annotation")
    said = (root.findtext("filename") or "").replace("\\", "/")
    objects = tuple(_read_object(path, element) for element in root.iter("object"))
    return VocFile(path, Path(said).name, _size(root), objects)


def _size(root: Element) -> tuple[int, int] | None:
    try:
        return int(root.findtext("size/width") or 0), int(root.findtext("size/height") or 0)
    except ValueError:
        return None


def _read_object(path: Path, element: Element) -> VocObject:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise ValueError("has an object without a name")
    try:
        corners = [
            float(element.findtext(f"bndbox/{corner}") or "")
            for corner in ("xmin", "ymin", "xmax", "ymax")
        ]
    except ValueError as error:
        raise ValueError(f"has a {name} whose box is not four numbers") from error
    if not all(math.isfinite(corner) for corner in corners):
        raise DatasetError(f"{path}: a box of {name} has a number that is not finite; mend it")
    difficult = (element.findtext("difficult") or "0").strip() not in {"0", ""}
    return VocObject(name, (corners[0], corners[1], corners[2], corners[3]), difficult)


def _labelled(
    file: VocFile, path: Path, folder: Path, classes: Sequence[str], problems: list[str]
) -> LabelledImage | None:
    """Turn raw corners into boxes inside the image, noting all that had to be mended."""
    try:
        width, height = upright_size(path)
    except ImageError as error:
        problems.append(f"{error}; left out")
        return None
    if file.size_px not in {None, (0, 0), (width, height)}:
        problems.append(f"{file.path}: says {file.size_px}, the image has {(width, height)} pixels")
    boxes, labels, ignore = [], [], []
    for item in file.objects:
        x_min, y_min, x_max, y_max = item.corners
        if x_max < x_min or y_max < y_min:
            problems.append(f"{file.path}: a box of {item.class_name} had its corners swapped")
            x_min, x_max = sorted((x_min, x_max))
            y_min, y_max = sorted((y_min, y_max))
        if x_max == x_min or y_max == y_min:
            problems.append(f"{file.path}: a box of {item.class_name} has no area; left out")
            continue
        box = np.array([[x_min - 1, y_min - 1, x_max, y_max]])
        inside = clip(box, width, height)
        if inside[0, 2] <= inside[0, 0] or inside[0, 3] <= inside[0, 1]:
            problems.append(f"{file.path}: a box of {item.class_name} is outside; left out")
            continue
        if not np.array_equal(box, inside):
            problems.append(f"{file.path}: a box of {item.class_name} was cut to the image")
        boxes.append(inside[0])
        labels.append(classes.index(item.class_name))
        ignore.append(item.difficult)
    name = path.relative_to(folder).as_posix()
    return LabelledImage(name, path, width, height, Annotations(boxes, labels, ignore))


def _by_split(
    folder: Path, images: Mapping[str, LabelledImage], problems: list[str]
) -> dict[str, tuple[LabelledImage, ...]]:
    listed = _listed_splits(folder)
    if listed:
        by_stem = {image.path.stem: image for image in images.values()}
        splits = {}
        for split, stems in listed.items():
            missing = [stem for stem in stems if stem not in by_stem]
            problems += [f"{split}.txt: no annotated image called {stem}" for stem in missing]
            splits[split] = tuple(by_stem[stem] for stem in stems if stem in by_stem)
        return splits
    folders: dict[str, list[LabelledImage]] = defaultdict(list)
    for name, image in images.items():
        folders[_split_of(Path(name).parts[:-1])].append(image)
    return {split: tuple(found) for split, found in folders.items()}


def _split_of(parents: Iterable[str]) -> str:
    return next((SPLIT_FOLDERS[p.lower()] for p in parents if p.lower() in SPLIT_FOLDERS), "")


def _listed_splits(folder: Path) -> dict[str, list[str]]:
    """Return the image stems of each ``ImageSets/Main/<split>.txt``, in order, each once."""
    listed: dict[str, list[str]] = {}
    for split in ("train", "val", "trainval", "test"):
        path = folder / "ImageSets" / "Main" / f"{split}.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
            listed[split] = list(dict.fromkeys(line.split()[0] for line in lines if line.strip()))
    both = listed.pop("trainval", None)
    if both is not None and "train" not in listed:
        held = set(listed.get("val", ()))
        listed["train"] = [stem for stem in both if stem not in held]
    return listed
