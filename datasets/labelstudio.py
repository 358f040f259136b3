"""Label Studio's JSON exports: tasks with their annotations, whole (JSON) or cut down (JSON-MIN).

Boxes are percentages of the image. Predictions are no annotations, a skipped task is no image
without objects, and of several people's annotations one is taken.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec

from datasets.brush_masks import around_brush
from datasets.files import Files
from datasets.images import SUFFIXES
from datasets.json_files import Name, class_text, documents, json_heads
from datasets.named_images import add_found_image, address_path, require_images, served_image
from datasets.path_names import suffix_of
from datasets.problems import Kind
from datasets.progress import Track
from datasets.raw import Corners, RawSet
from datasets.shapes import around, around_ellipse, around_turned
from datasets.split_names import in_split_order, split_of_file

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what the server puts before the names of uploads
_MOST_DIGITS = 15  # of a task's id, which is kept among floats
# Keys that only its exports have together; the third is one in which nothing is annotated yet.
_KEYS = ({"data", "result"}, {"original_width", "rectanglelabels"}, {"data", "annotations", "id"})


class _Shape(msgspec.Struct):
    """A shape in percentages; ``width`` and ``height`` are of a box, radii of an ellipse."""

    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    radius_x: float | None = msgspec.field(default=None, name="radiusX")
    radius_y: float | None = msgspec.field(default=None, name="radiusY")
    rotation: float = 0.0
    points: list[list[float]] = []
    labels: list[Name] = []
    rectanglelabels: list[Name] = []
    polygonlabels: list[Name] = []
    ellipselabels: list[Name] = []
    keypointlabels: list[Name] = []
    brushlabels: list[Name] = []
    rle: list[int] = []  # of a brush's mask
    original_width: float | None = None
    original_height: float | None = None

    @property
    def names(self) -> list[Name]:
        """The labels, whatever the tool that gave them."""
        tools = (self.rectanglelabels, self.polygonlabels, self.ellipselabels)
        return next(filter(None, (*tools, self.keypointlabels, self.brushlabels)), self.labels)


class _Result(msgspec.Struct):
    value: _Shape = msgspec.field(default_factory=_Shape)
    id: Name = None
    original_width: float | None = None
    original_height: float | None = None


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    was_cancelled: bool | None = False
    ground_truth: bool | None = False


class _Task(msgspec.Struct):
    data: dict[str, msgspec.Raw]
    annotations: list[_Annotation] | None = None
    completions: list[_Annotation] | None = None  # as versions before 1.0 call them


@dataclass(frozen=True)
class _Labelled:
    """A task with the texts of its data, and its shapes, None if nobody annotated it."""

    number: int
    texts: dict[str, str]
    shapes: list[_Shape] | None
    annotations: int = 1


def labelstudio_files(files: Files) -> list[str]:
    """Return the JSON files that begin like Label Studio's, those of train first."""
    found = [
        name
        for name, head in json_heads(files).items()
        if head.opening == "[" and any(head.keys >= keys for keys in _KEYS)
    ]
    return sorted(found, key=in_split_order)


def read_labelstudio(files: Files, track: Track) -> RawSet:
    """Read every export of Label Studio's.

    Raises:
        DatasetError: none of the images is here.
    """
    raw = RawSet("labelstudio", counts_in="task")
    names = labelstudio_files(files)
    for name, tasks in documents(files, raw, names, list[msgspec.Raw], track):
        for place, content in enumerate(tasks, 1):
            try:
                task = _task(content, place)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raw.add_problem(Kind.BROKEN_FILE, name, f"is no task ({error}); left out", place)
            else:
                _add_task(files, raw, name, task)
    require_images(files, raw, names, "Label Studio")
    raw.summary = f"Label Studio: {', '.join(names)}"
    return raw


def _task(content: msgspec.Raw, place: int) -> _Labelled:
    """Return a task of either export; its number is its id, else its place in the file.

    Raises:
        msgspec.DecodeError: it is none.
        UnicodeDecodeError: it is no text.
    """
    fields = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    written = bytes(fields.get("id", b""))
    number = int(written) if written.isdigit() and len(written) <= _MOST_DIGITS else place
    if "data" not in fields:
        lists = [value for value in fields.values() if b'labels"' in bytes(value)]
        shapes = [s for v in lists for s in msgspec.json.decode(v, type=list[_Shape], strict=False)]
        return _Labelled(number, _texts(fields), shapes)
    task = msgspec.json.decode(content, type=_Task, strict=False)
    made = [a for a in task.annotations or task.completions or [] if not a.was_cancelled]
    made.sort(key=lambda annotation: not annotation.ground_truth)
    return _Labelled(number, _texts(task.data), _shapes(made[0]) if made else None, len(made))


def _texts(fields: dict[str, msgspec.Raw]) -> dict[str, str]:
    texts = {key: bytes(value) for key, value in fields.items()}
    return {k: msgspec.json.decode(v, type=str) for k, v in texts.items() if v[:1] == b'"'}


def _shapes(annotation: _Annotation) -> list[_Shape]:
    """Return the shapes of an annotation; a shape and its label may be two results of one id."""
    labels = {each.id: each.value.names for each in annotation.result if each.value.names}
    labels.pop(None, None)
    shapes = {}
    for place, each in enumerate(annotation.result):
        shape = each.value
        is_shape = shape.x is not None or shape.points or shape.brushlabels or shape.rle
        if is_shape:  # and no choice, text or rating
            shape.labels = shape.names or labels.get(each.id, [])
            shape.original_width, shape.original_height = each.original_width, each.original_height
            shapes[place if each.id is None else each.id] = shape
    return list(shapes.values())


def _add_task(files: Files, raw: RawSet, source: str, task: _Labelled) -> None:
    split = split_of_file(source)
    written = _image_text(task.texts)
    name = _image(files, written, source, split)
    if name is None:
        text = f"no image called {written}; left out"
        raw.add_problem(Kind.NO_IMAGE, source, text, task.number)
        return
    if task.shapes is None:
        if raw.index_of(name) is None:
            raw.left_out.add(name)
            raw.add_problem(Kind.NO_ANNOTATION, name, "is a task nobody annotated; left out")
        return
    if task.annotations > 1:
        text = f"{name} has {task.annotations} annotations; the ground truth or the first is taken"
        raw.add_problem(Kind.TWICE, source, text, task.number)
    index = add_found_image(raw, name, source, split=split, in_fractions=True)
    for shape in task.shapes if index is not None else ():
        try:
            corners, class_name = _corners(shape), class_text((shape.names or [""])[0])
            if not class_name.strip():
                raise ValueError("has a shape without a label")
        except ValueError as error:
            raw.add_problem(Kind.NOT_A_BOX, source, f"{error}; left out", task.number)
            continue
        raw.outlines += shape.height is None or bool(shape.rotation)
        raw.add_box(index or 0, corners, class_name, task.number)


def _image_text(texts: dict[str, str]) -> str:
    """Return the field of the data that names the image."""
    like = [
        key
        for key, text in texts.items()
        if "/local-files/" in text or suffix_of(address_path(text)) in SUFFIXES
    ]
    usual = min(like, key=lambda key: (key not in {"image", "img"}, key), default="image")
    return texts.get(usual, "")


def _image(files: Files, written: str, source: str, split: str) -> str | None:
    """Return the image at an address, on Label Studio's own server or another, or None."""
    query = parse_qs(written.partition("?")[2])
    path = query["d"][0] if "d" in query and "/local-files/" in written else address_path(written)
    if found := served_image(files, path, source, split):
        return found
    base = posixpath.basename(path)
    return served_image(files, _UPLOADED.sub("", base), source, split)


def _corners(shape: _Shape) -> Corners:
    """Return the box around a shape, in fractions of the image.

    Raises:
        ValueError: it has none, in half a sentence.
    """
    across, down = (shape.original_width or 0) / 100, (shape.original_height or 0) / 100
    if not (across and down):
        if shape.rotation:
            raise ValueError("has a turned shape and no original_width and original_height")
        across = down = 1.0
    if shape.points:
        corners = around([(x * across, y * down) for x, y, *_ in shape.points])
    elif shape.rle:
        size_px = int(shape.original_width or 0), int(shape.original_height or 0)
        corners = around_brush(shape.rle, *size_px)
    elif shape.x is None or shape.y is None:
        raise ValueError("has a shape that is no box, no outline and no mask")
    else:
        x, y = shape.x * across, shape.y * down
        if shape.radius_x is not None and shape.radius_y is not None:
            radii = shape.radius_x * across, shape.radius_y * down
            corners = around_ellipse(x, y, radii, shape.rotation)
        else:
            size = (shape.width or 0) * across, (shape.height or 0) * down
            corners = around_turned((x, y, x + size[0], y + size[1]), shape.rotation, (x, y))
    x1, y1, x2, y2 = corners
    return x1 / across / 100, y1 / down / 100, x2 / across / 100, y2 / down / 100
