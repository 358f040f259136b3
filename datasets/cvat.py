"""CVAT's XML of a set of images ("CVAT for images 1.1"): one file, or one in each split's folder.

Corners lie between pixels, from 0. A video's tracks name frames and not images; they are refused
with the export to choose instead.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from datasets.files import Files
from datasets.named_images import Size, add_named_image, require_images
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawSet
from datasets.regular_files import opened
from datasets.shapes import around, around_ellipse, around_turned, middle
from datasets.split_names import in_split_order, split_of_file
from datasets.xml_lines import elements, line_of

_HEAD_BYTES = 4096
_NO_OBJECTS = frozenset({"tag", "attribute"})


def cvat_files(files: Files) -> list[str]:
    """Return the XML files that begin like CVAT's, those of train first."""
    found = []
    for name in files.with_suffix(".xml"):
        with opened(files.root / name) as stream:
            if re.search(rb"<annotations[\s>]", stream.read(_HEAD_BYTES).replace(b"\0", b"")):
                found.append(name)
    return sorted(found, key=in_split_order)


def read_cvat(files: Files, track: Track) -> RawSet:
    """Read every file of CVAT's.

    Raises:
        DatasetError: none of the images is here, the files are of a video, or not safe to read.
    """
    raw = RawSet("cvat")
    names = cvat_files(files)
    tracks = 0
    for name in track(names, "reading annotations", len(names)):
        try:
            for element in elements(files.root / name, {"image", "labels", "track"}):
                if element.tag == "labels":
                    for label in element.iterfind("label"):
                        if label.find("parent") is None:  # and no part of a skeleton
                            raw.add_class(label.findtext("name") or "")
                elif element.tag == "image":
                    _read_image(files, raw, name, element)
                else:
                    tracks += 1
        except ValueError as error:
            raw.add_problem(Kind.BROKEN_FILE, name, f"{error}; what comes after it is left out")
    if tracks:
        raw.require(
            raw.images,
            f"{files.root}: {', '.join(names)} has the tracks of a video, whose frames are not "
            "named; choose 'CVAT for images 1.1' in CVAT's export, with its images",
        )
    require_images(files, raw, names, "CVAT")
    raw.summary = f"CVAT for images: {', '.join(names)}"
    return raw


def _read_image(files: Files, raw: RawSet, source: str, element: Element) -> None:
    split = split_of_file(element.get("subset", "")) or split_of_file(source)
    written = element.get("name", "")
    index = add_named_image(files, raw, written, source, split=split, size_px=_size(element))
    for shape in element if index is not None else ():
        if shape.tag in _NO_OBJECTS:
            continue
        label = shape.get("label", "")
        try:
            corners = _corners(shape)
            if not label.strip():
                raise ValueError("has no label")
        except (ValueError, KeyError) as error:
            cause = f"has no {error}" if isinstance(error, KeyError) else error
            text = f"a {shape.tag} that is no box ({cause}); left out"
            raw.add_problem(Kind.NOT_A_BOX, source, text, line_of(shape))
            continue
        raw.outlines += shape.tag != "box" or _number(shape, "rotation") != 0
        raw.add_box(index or 0, corners, label, line_of(shape))


def _size(element: Element) -> Size:
    try:
        return float(element.get("width", "")), float(element.get("height", ""))
    except ValueError:
        return None, None


def _number(shape: Element, attribute: str) -> float:
    return float(shape.get(attribute) or 0)


def _corners(shape: Element) -> Corners:
    """Return the box around a shape.

    Raises:
        ValueError: a number is none.
        KeyError: an attribute is missing.
    """
    degrees = _number(shape, "rotation")
    if shape.tag == "box":
        x1, y1, x2, y2 = (float(shape.attrib[name]) for name in ("xtl", "ytl", "xbr", "ybr"))
        return around_turned((x1, y1, x2, y2), degrees, middle((x1, y1, x2, y2)))
    if shape.tag == "ellipse":
        x, y, *radii = (float(shape.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        return around_ellipse(x, y, (radii[0], radii[1]), degrees)
    if shape.tag == "mask":
        x, y, width, height = (float(shape.attrib[n]) for n in ("left", "top", "width", "height"))
        return x, y, x + width, y + height
    if shape.tag == "cuboid":
        xs, ys = ([v for k, v in shape.attrib.items() if k[0] == axis] for axis in "xy")
        return around([(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
    parts = shape.iter("points") if shape.tag == "skeleton" else [shape]
    pairs = [pair.split(",") for part in parts for pair in part.attrib["points"].split(";")]
    return around([[float(number) for number in pair] for pair in pairs])
