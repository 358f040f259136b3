"""VGG Image Annotator: its project, and of versions 1 and 2 its annotations as JSON and its CSV.

Regions have attributes of any names. Which is the class: the one that is called so, or else the
only one there is; where neither is true the set is refused with what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.json_files import class_text, documents, json_heads
from datasets.named_images import add_named_image, require_images
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawSet
from datasets.split_names import in_split_order, split_of_file
from datasets.tables import first_line, first_rows, table_rows
from datasets.via3 import Project3, is_project3, regions_of
from datasets.via_regions import Region, Shape, Values, corners_of

_CLASS = ("class", "label", "classname", "labelname", "category", "name", "object", "type")
_CSV = ("filename", "region_shape_attributes", "region_attributes")


class _File(msgspec.Struct):
    filename: str
    regions: list[Region] | dict[str, Region] = []


class _Project(msgspec.Struct):
    files: dict[str, _File] = msgspec.field(name="_via_img_metadata")


Found = tuple[str, str, list[tuple[int, Region]]]  # source, image and its numbered regions


def via_files(files: Files) -> list[str]:
    """Return the files that begin like VIA's, those of train first."""
    found = [
        name
        for name, head in json_heads(files).items()
        if head.opening == "{"
        and (
            "_via_img_metadata" in head.keys
            or head.keys >= {"filename", "size", "regions"}
            or is_project3(head)
        )
    ]
    found += [name for name in files.with_suffix(".csv") if _is_csv(first_line(files, name))]
    return sorted(found, key=in_split_order)


def _is_csv(header: str) -> bool:
    rows = first_rows(header, ",", is_spaced=False)
    return bool(rows) and set(_CSV) <= {field.strip().lstrip("#") for field in rows[0]}


def read_via(files: Files, track: Track) -> RawSet:
    """Read every file of VIA's.

    Raises:
        DatasetError: none of the images is here, or no attribute can be told to be the class.
    """
    raw = RawSet("via", counts_in="region")
    names = via_files(files)
    heads = json_heads(files)
    tables = [name for name in names if name not in heads]
    projects = [n for n in names if n in heads and "_via_img_metadata" in heads[n].keys]
    projects3 = [n for n in names if n in heads and is_project3(heads[n])]
    exports = [n for n in names if n in heads and n not in {*projects, *projects3}]
    found: list[Found] = []
    for name, project in documents(files, raw, projects, _Project, track):
        found += _numbered(name, project.files.values())
    for name, export in documents(files, raw, exports, dict[str, _File], track):
        found += _numbered(name, export.values())
    for name, project3 in documents(files, raw, projects3, Project3, track):
        found += ((name, image, numbered) for image, numbered in regions_of(raw, name, project3))
    for name in track(tables, "reading annotations", len(tables)):
        found += _from_csv(files, raw, name)
    attribute = _class_attribute(files, found)
    for source, written, regions in found:
        index = add_named_image(files, raw, written, source, split=split_of_file(source))
        for number, region in regions if index is not None else ():
            _add(raw, index or 0, number, region, attribute)
    require_images(files, raw, names, "VGG Image Annotator")
    raw.summary = f"VGG Image Annotator: {', '.join(names)}, classes are its attribute {attribute}"
    return raw


def _numbered(source: str, images: Iterable[_File]) -> Iterator[Found]:
    number = 0
    for image in images:
        own = image.regions.values() if isinstance(image.regions, dict) else image.regions
        regions = list(enumerate(own, number + 1))
        number += len(regions)
        yield source, image.filename, regions


def _from_csv(files: Files, raw: RawSet, source: str) -> list[Found]:
    """Return the images of a table with their regions, which are numbered as its rows."""
    regions: dict[str, list[tuple[int, Region]]] = {}
    rows = table_rows(files, source, ",")
    header = [field.strip().lstrip("#") for field in rows[0][1]]
    places = [header.index(column) for column in _CSV]
    for number, (_, row) in enumerate(rows[1:], 1):
        if len(row) <= max(places):
            raw.add_problem(Kind.NOT_A_BOX, source, "a row that is too short; left out", number)
            continue
        image, shape, attributes = (row[place] for place in places)
        here = regions.setdefault(image, [])
        if shape.strip() in {"", "{}"}:
            continue  # of an image without regions
        try:
            region = Region(
                msgspec.json.decode(shape, type=Shape, strict=False),
                msgspec.json.decode(attributes or "{}", type=Values, strict=False),
            )
        except (msgspec.DecodeError, RecursionError) as error:
            raw.add_problem(Kind.NOT_A_BOX, source, f"is no region ({error}); left out", number)
            continue
        here.append((number, region))
    return [(source, image, found) for image, found in regions.items()]


def _class_attribute(files: Files, found: Iterable[Found]) -> str:
    """Return the name of the attribute that is the class, empty where no region is.

    Raises:
        DatasetError: regions have none, or several of which none is called so.
    """
    count: Counter[str] = Counter()
    regions = 0
    for _, _, numbered in found:
        for _, region in numbered:
            regions += 1
            count.update(name for name in region.region_attributes if _value(region, name))
    called = {name.lower().replace("_", "").replace(" ", ""): name for name in count}
    named = next((called[name] for name in _CLASS if name in called), "")
    if named or len(count) == 1 or not regions:
        return named or next(iter(count), "")
    what = f"the attributes {', '.join(count)}, none of which is called class" if count else "none"
    raise DatasetError(
        f"{files.root}: regions of VGG Image Annotator have their class in an attribute, and here "
        f"they have {what}; name the attribute class in its project"
    )


def _value(region: Region, attribute: str) -> str:
    """Return an attribute's text; of check boxes the one that is ticked."""
    value = region.region_attributes.get(attribute)
    if isinstance(value, dict):
        ticked = [name for name, answer in value.items() if answer]
        return ticked[0] if len(ticked) == 1 else ""
    return class_text(value).strip()


def _add(raw: RawSet, image: int, number: int, region: Region, attribute: str) -> None:
    source = raw.images[image].source
    class_name = _value(region, attribute)
    try:
        corners = corners_of(region.shape_attributes)
        if not class_name:
            raise ValueError(f"has no {attribute}")
    except ValueError as error:
        raw.add_problem(Kind.NOT_A_BOX, source, f"{error}; left out", number)
        return
    raw.outlines += region.shape_attributes.name != "rect"
    raw.add_box(image, corners, class_name, number)
