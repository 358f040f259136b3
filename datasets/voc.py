"""Pascal VOC: one XML file an image, corners 1-based and inclusive (Everingham et al., 2010).

Three layouts are read: ``JPEGImages/Annotations/ImageSets/Main``, split folders (``train/``,
``val/`` or ``valid/``, ``test/``) and XML beside the images. This is the one file that knows VOC's
way of counting pixels, which tables with ``xmin,ymin,xmax,ymax`` share.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from datasets.annotations import SPLITS, LabelledImage, Splits
from datasets.boxes import number_text
from datasets.files import Files
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawImage, RawSet
from datasets.regular_files import opened
from datasets.split_names import split_of_folders
from datasets.voc_lists import ListedSplits, listed_splits
from datasets.xml_lines import line_of, parse_xml

CORNERS = ("xmin", "ymin", "xmax", "ymax")
_HEAD_BYTES = 4096


def exclusive(corners: Corners) -> Corners:
    """Return 1-based inclusive corners as 0-based exclusive ones, swapped ones still swapped.

    The first pixel has number 1, so the smaller end moves by one and the larger, which is then
    excluded, stays. Equal ends mean no area, before the conversion and after it.
    """
    x1, y1, x2, y2 = corners
    return x1 - (x1 < x2), y1 - (y1 < y2), x2 - (x2 < x1), y2 - (y2 < y1)


def inclusive(corners: Corners) -> Corners:
    """Return 0-based exclusive corners as 1-based inclusive ones."""
    x1, y1, x2, y2 = corners
    return x1 + 1, y1 + 1, x2, y2


def looks_like_voc(files: Files) -> bool:
    """Return whether there is an XML file of an annotated image."""
    return any(_is_annotation(files.root / name) for name in files.with_suffix(".xml"))


def read_voc(files: Files, track: Track) -> RawSet:
    """Read every XML file that is about an image.

    Raises:
        DatasetError: no annotation matches an image, or a file is not safe to read.
    """
    raw = RawSet("voc")
    names = files.with_suffix(".xml")
    listed = listed_splits(files, raw)
    for name in track(names, "reading annotations", len(names)):
        try:
            root = parse_xml(files.root / name)
            if root.tag != "annotation":
                raise ValueError("is not a Pascal VOC annotation")
        except ValueError as error:
            raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; left out")
            continue
        _read_image(files, raw, name, root, listed)
    raw.require(
        raw.images,
        f"{files.root}: none of its {len(names)} XML files matches one of its {len(files.images)} "
        "images; each image needs an XML file of the same name beside it or in Annotations/",
    )
    for first_name, other in files.sharing_a_stem():
        raw.add_problem(Kind.SAME_NAME, other, f"shares its XML file with {first_name}")
    splits = "splits by folder where there are any"
    if listed:
        splits = f"splits from {listed.folders}"
        listed.list_unmet(raw)
    raw.summary = f"Pascal VOC: {len(raw.images)} images with an XML file, {splits}"
    return raw


def _is_annotation(path: Path) -> bool:
    with opened(path) as stream:
        head = stream.read(_HEAD_BYTES).replace(b"\0", b"")  # UTF-16 has every other byte 0
        return b"<annotation" in head or b"<!DOCTYPE" in head


def _read_image(
    files: Files, raw: RawSet, source: str, root: Element, listed: ListedSplits | None
) -> None:
    name = (root.findtext("filename") or "").strip()
    beside = files.image_beside(source, name)
    # Even if it is not needed: a name that leads out of the folder is refused.
    named = files.image(name, source, split_of_folders(source)) if name else None
    image = beside or named
    if image is None:
        text = f"no image called {posixpath.basename(source)[:-4]} or {name}; left out"
        raw.add_problem(Kind.NO_IMAGE, source, text)
        return
    split = split_of_folders(image) or split_of_folders(source)
    if listed:
        in_list = listed.split_of(image)
        if in_list is None:
            raw.add_problem(Kind.LISTED, image, f"is in no list of {listed.folders}; left out")
            raw.left_out.add(image)
            return
        split = in_list
    size = None
    with suppress(ValueError):
        size = int(root.findtext("size/width") or 0), int(root.findtext("size/height") or 0)
    index = raw.add_image(RawImage(image, split, source, size))
    if index is not None:
        for element in root.iter("object"):
            _read_object(raw, index, source, element)


def _read_object(raw: RawSet, index: int, source: str, element: Element) -> None:
    name = element.findtext("name") or ""
    if "\n" in name:  # set on lines of its own by a pretty-printer
        name = name.strip()
    wrong = "" if name.strip() else "an object without a name"
    box = element if (inner := element.find("bndbox")) is None else inner
    try:
        x1, y1, x2, y2 = (float(box.findtext(c) or "") for c in CORNERS)
    except ValueError:
        wrong = wrong or f"a {name} whose box is not four numbers"
    if wrong:
        raw.add_problem(Kind.NOT_A_BOX, source, f"{wrong}; left out", line_of(element))
        return
    difficult = (element.findtext("difficult") or "0").strip().lower() not in {"0", "", "false"}
    raw.add_box(index, exclusive((x1, y1, x2, y2)), name, line_of(box), ignore=difficult)


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


def annotation_xml(image: LabelledImage, classes: Sequence[str]) -> Element:
    """Return the root of the XML file of an image in ``JPEGImages``."""
    root = Element("annotation")
    SubElement(root, "folder").text = "JPEGImages"
    SubElement(root, "filename").text = posixpath.basename(image.name)
    size = SubElement(root, "size")
    for name, value in (("width", image.width_px), ("height", image.height_px), ("depth", 3)):
        SubElement(size, name).text = str(value)
    truth = image.annotations
    for box, label, ignore in zip(truth.boxes, truth.labels, truth.ignore, strict=True):
        item = SubElement(root, "object")
        SubElement(item, "name").text = classes[label]
        SubElement(item, "difficult").text = str(int(ignore))
        corners = SubElement(item, "bndbox")
        x1, y1, x2, y2 = box.tolist()
        for name, number in zip(CORNERS, inclusive((x1, y1, x2, y2)), strict=True):
            SubElement(corners, name).text = number_text(number)
    return root
