"""Create ML's JSON: a list of images with their objects, boxes as centre and size in pixels.

Create ML can be told of other units, but a file can't say that it has them.
"""

from __future__ import annotations

import msgspec

from datasets.files import Files
from datasets.json_files import Name, class_text, documents, json_heads
from datasets.named_images import add_named_image, require_images
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import RawSet
from datasets.split_names import in_split_order, split_of_file

_OF_IMAGES = frozenset({"image", "imagefilename", "annotations", "annotation", "verified"})


class _Box(msgspec.Struct, gc=False):
    x: float
    y: float
    width: float
    height: float


class _Object(msgspec.Struct, gc=False):
    label: Name = None
    coordinates: _Box | None = None


class _Image(msgspec.Struct):
    image: str | None = None
    annotations: list[_Object] | None = None
    # As Turi Create, which Create ML came from, calls the two.
    imagefilename: str | None = None
    annotation: list[_Object] | None = None


def createml_files(files: Files) -> list[str]:
    """Return the JSON files that begin like Create ML's, those of train first."""
    found = [
        name
        for name, head in json_heads(files).items()
        if head.opening == "["
        and head.keys & {"image", "imagefilename"}
        and head.keys & {"annotations", "annotation"}
        and ("coordinates" in head.keys or head.keys <= _OF_IMAGES)
    ]
    return sorted(found, key=in_split_order)


def read_createml(files: Files, track: Track) -> RawSet:
    """Read every file of Create ML's.

    Raises:
        DatasetError: none of the images is here.
    """
    raw = RawSet("createml", counts_in="object")
    names = createml_files(files)
    for name, images in documents(files, raw, names, list[_Image], track):
        split = split_of_file(name)
        number = 0
        for image in images:
            written = image.image or image.imagefilename or ""
            objects = image.annotations or image.annotation or []
            index = add_named_image(files, raw, written, name, split=split)
            for each in objects:
                number += 1
                if index is not None:
                    _add(raw, index, each, number)
    require_images(files, raw, names, "Create ML")
    raw.summary = f"Create ML JSON: {', '.join(names)}"
    return raw


def _add(raw: RawSet, image: int, each: _Object, number: int) -> None:
    class_name, box = class_text(each.label), each.coordinates
    if box is None or not class_name.strip():
        text = "has no coordinates; left out" if box is None else "has no label; left out"
        raw.add_problem(Kind.NOT_A_BOX, raw.images[image].source, text, number)
        return
    left, top = box.x - box.width / 2, box.y - box.height / 2
    raw.add_box(image, (left, top, left + box.width, top + box.height), class_name, number)
