"""Projects of VGG Image Annotator 3: files, views of them, and regions of views as numbers.

A view of several files compares images and has no one image; a region with a time is of a video.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from datasets.json_files import JsonHead, Name, class_text
from datasets.problems import Kind
from datasets.raw import RawSet
from datasets.via_regions import Region, Shape

_TICKED = 2  # the type of an attribute of which several answers may be chosen


class _Attribute(msgspec.Struct):
    aname: str
    type: int = 1
    options: dict[str, Name] = {}


class _File(msgspec.Struct):
    fname: str
    src: str = ""


class _View(msgspec.Struct):
    fid_list: list[Name] = []


class _Metadata(msgspec.Struct):
    vid: Name = None
    z: list[float] = []
    xy: list[float] = []
    av: dict[str, Name] = {}


class Project3(msgspec.Struct):
    """A project, by the ids of its files, views, attributes and regions."""

    file: dict[str, _File]
    view: dict[str, _View]
    attribute: dict[str, _Attribute] = {}
    metadata: dict[str, _Metadata] = {}


def is_project3(head: JsonHead) -> bool:
    """Say whether a JSON file begins like a project of version 3."""
    keys = {"project", "config", "attribute", "file"}
    return head.opening == "{" and head.keys >= keys


def regions_of(
    raw: RawSet, source: str, project: Project3
) -> Iterator[tuple[str, list[tuple[int, Region]]]]:
    """Yield each image's name with its numbered regions; what is of no image is noted."""
    found: dict[str, list[tuple[int, Region]]] = {}
    for view, each in project.view.items():
        if len(each.fid_list) == 1 and class_text(each.fid_list[0]) in project.file:
            found[view] = []
    for number, region in enumerate(project.metadata.values(), 1):
        view = class_text(region.vid)
        wrong = "is of no single image" if view not in found else ""
        if region.z:
            wrong = "is of a video"
        if wrong:
            raw.add_problem(Kind.NOT_A_BOX, source, f"{wrong}; left out", number)
            continue
        values = {
            attribute.aname: _value(attribute, region.av[key])
            for key, attribute in project.attribute.items()
            if key in region.av
        }
        found[view].append((number, Region(_shape(region.xy), values)))
    for view, numbered in found.items():
        file = project.file[class_text(project.view[view].fid_list[0])]
        yield file.fname, numbered


def _value(attribute: _Attribute, given: Name) -> Name | dict[str, Name]:
    """Return what a region's attribute says, for which options stand as their ids."""
    text = class_text(given)
    if attribute.type == _TICKED:
        ids = text.split(",")
        return {class_text(name): key in ids for key, name in attribute.options.items()}
    return attribute.options.get(text, text)


def _shape(numbers: list[float]) -> Shape:
    """Return the shape of a list of its kind's number and its coordinates, an empty one of others.

    Of the kinds with four or more points around an object the points are taken.
    """
    kind, rest = (numbers[0], numbers[1:]) if numbers else (0, [])
    if kind == 2 and len(rest) == 4:
        x, y, width, height = rest
        return Shape("rect", x=x, y=y, width=width, height=height)
    if kind == 3 and len(rest) == 3:
        return Shape("circle", cx=rest[0], cy=rest[1], r=rest[2])
    if kind == 4 and len(rest) == 4:
        return Shape("ellipse", cx=rest[0], cy=rest[1], rx=rest[2], ry=rest[3])
    if kind in {5, 6, 7, 8}:
        return Shape("polygon", all_points_x=rest[::2], all_points_y=rest[1::2])
    return Shape()
