"""Pascal VOC: one XML file an image, corners 1-based and inclusive (Everingham et al., 2010).

Three layouts are read: ``JPEGImages/Annotations/ImageSets/Main``, split folders (``train/``,
``val/`` or ``valid/``, ``test/``) and XML beside the images.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from datasets.annotations import SPLITS, DatasetError, LabelledImage, Splits
from datasets.box_readings import PIXEL_CORNERS
from datasets.boxes import number_text
from datasets.files import Files
from datasets.path_names import sharing_a_stem
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawImage, RawSet
from datasets.regular_files import opened
from datasets.split_names import split_of_folders
from datasets.voc_lists import ListedSplits, listed_splits
from datasets.voc_objects import CORNERS, inclusive, read_object
from datasets.xml_lines import parse_xml

_HEAD_BYTES = 4096
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # 1.0, 2.2


def looks_like_voc(files: Files) -> bool:
    """Return whether there is an XML file of an annotated image."""
    return any(_is_annotation(files.root / name) for name in files.with_suffix(".xml"))


def read_voc(files: Files, track: Track) -> RawSet:
    """Read every XML file that is about an image.

    Raises:
        DatasetError: no annotation matches an image, or a file is not safe to read.
    """
    raw = RawSet("voc", reading=PIXEL_CORNERS)
    names = files.with_suffix(".xml")
    listed = listed_splits(files, raw)
    outlines = 0
    for name in track(names, "reading annotations", len(names)):
        try:
            root = _annotation(files.root / name)
        except ValueError as error:
            raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; left out")
            continue
        outlines += _read_image(files, raw, name, root, listed)
    if outlines:
        text = f"{outlines} objects are outlines or rotated; the box around each is taken"
        raw.add_problem(Kind.POLYGON, "", text)
    raw.require(
        raw.images,
        f"{files.root}: none of its {len(names)} XML files matches one of its {len(files.images)} "
        "images; each image needs an XML file of the same name beside it or in Annotations/",
    )
    for first_name, other in sharing_a_stem(files.images):
        raw.add_problem(Kind.SAME_NAME, other, f"shares its XML file with {first_name}")
    splits = "splits by folder where there are any"
    if listed:
        splits = f"splits from {listed.folders}"
        listed.list_unmet(raw)
    raw.summary = f"Pascal VOC: {len(raw.images)} images with an XML file, {splits}"
    return raw


def _annotation(path: Path) -> Element:
    """Return the root of an annotation.

    Raises:
        DatasetError: it is one that is not safe to read.
        ValueError: it is none, in half a sentence.
    """
    other = "is not a Pascal VOC annotation"
    try:
        root = parse_xml(path)
    except DatasetError as error:
        if _is_annotation(path):
            raise
        raise ValueError(other) from error
    if root.tag != "annotation":
        raise ValueError(other)
    return root


def _is_annotation(path: Path) -> bool:
    with opened(path) as stream:
        head = stream.read(_HEAD_BYTES).replace(b"\0", b"")  # UTF-16 has every other byte 0
        return re.search(rb"<annotation[\s>]", head) is not None


def _read_image(
    files: Files, raw: RawSet, source: str, root: Element, listed: ListedSplits | None
) -> int:
    """Add the image of a file with its boxes; return how many are around an outline."""
    name = (root.findtext("filename") or "").strip()
    image = files.image_beside(source, name)
    if image is None and name:  # what a tool writes there differs, and beside it is the image
        image = files.image(name, source, split_of_folders(source))
    if image is None:
        text = f"no image called {posixpath.basename(source)[:-4]} or {name}; left out"
        raw.add_problem(Kind.NO_IMAGE, source, text)
        return 0
    split = split_of_folders(image) or split_of_folders(source)
    if listed:
        in_list = listed.split_of(image)
        if in_list is None:
            raw.add_problem(Kind.LISTED, image, f"is in no list of {listed.folders}; left out")
            raw.left_out.add(image)
            return 0
        split = in_list
    index = raw.add_image(RawImage(image, split, source, _size(root)))
    if index is None:
        return 0
    return sum(read_object(raw, index, source, element) for element in root.iter("object"))


def _size(root: Element) -> tuple[int, int] | None:
    """Return the image's width and height as the file has them, whole or as ``120.0``."""
    with suppress(ValueError, OverflowError):
        width, height = (float(root.findtext(f"size/{side}") or 0) for side in ("width", "height"))
        return int(width), int(height)
    return None


def write_voc(folder: Path, splits: Splits, classes: Sequence[str]) -> None:
    """Write ``Annotations`` and ``ImageSets/Main`` for images in the folder's ``JPEGImages``.

    Images of no split are listed for train if there are lists at all: unlisted ones are left out.
    """
    for images in splits.values():
        for image in images:
            path = folder / "Annotations" / f"{posixpath.splitext(image.name)[0]}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            tree = ElementTree(annotation_xml(image, classes))
            indent(tree)
            tree.write(path, encoding="utf-8", xml_declaration=True)
    if not any(split in SPLITS for split in splits):
        return
    lists = folder / "ImageSets" / "Main"
    lists.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        images = [*splits.get(split, ()), *(splits.get("", ()) if split == "train" else ())]
        if images:
            stems = sorted(posixpath.splitext(image.name)[0] for image in images)
            text = "".join(f"{stem}\n" for stem in stems)
            (lists / f"{split}.txt").write_text(text, encoding="utf-8")


def xml_text(text: str) -> str:
    """Return a text with codes for what XML can't hold, as control characters."""
    return _NOT_IN_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def annotation_xml(image: LabelledImage, classes: Sequence[str]) -> Element:
    """Return the root of the XML file of an image in ``JPEGImages``."""
    root = Element("annotation")
    SubElement(root, "folder").text = "JPEGImages"
    SubElement(root, "filename").text = xml_text(posixpath.basename(image.name))
    size = SubElement(root, "size")
    for name, value in (("width", image.width_px), ("height", image.height_px), ("depth", 3)):
        SubElement(size, name).text = str(value)
    truth = image.annotations
    for box, label, ignore in zip(truth.boxes, truth.labels, truth.ignore, strict=True):
        item = SubElement(root, "object")
        SubElement(item, "name").text = xml_text(classes[label])
        SubElement(item, "difficult").text = str(int(ignore))
        corners = SubElement(item, "bndbox")
        x1, y1, x2, y2 = box.tolist()
        for name, number in zip(CORNERS, inclusive((x1, y1, x2, y2)), strict=True):
            SubElement(corners, name).text = number_text(number)
    return root
