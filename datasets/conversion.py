"""A set written in another format without loss, beside the user's and never into it.

An image keeps its name below the set's images, so that order, splits and everything drawn from
them stay the same; image files are copied byte for byte.
"""

from __future__ import annotations

import posixpath
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from datasets.annotations import DatasetError, LabelledImage
from datasets.coco import write_coco
from datasets.path_names import overlap
from datasets.progress import Track, silently
from datasets.reading import Found
from datasets.voc import write_voc
from datasets.yolo import write_yolo

Splits = Mapping[str, Sequence[LabelledImage]]


@dataclass(frozen=True)
class Target:
    """How a format is written.

    Attributes:
        images: the folder its images go to.
        write: writes the annotations of images that are there.
        one_file_an_image: whether an image's annotation is found by its stem.
    """

    images: str
    write: Callable[[Path, Splits, Sequence[str]], None]
    one_file_an_image: bool


TARGETS = {
    "voc": Target("JPEGImages", write_voc, one_file_an_image=True),
    "coco": Target("images", write_coco, one_file_an_image=False),
    "yolo": Target("images", write_yolo, one_file_an_image=True),
}


def convert(
    found: Found, source: Path, target_name: str, output: Path, track: Track = silently
) -> tuple[str, ...]:
    """Write the set into a new folder and return what the format can't hold, a sentence each.

    Args:
        found: the set.
        source: its folder.
        target_name: one of `TARGETS`.
        output: a folder that is not there yet, or is empty.
        track: watches the copying.

    Raises:
        DatasetError: the output can't be used.
    """
    if overlap(source, output):
        raise DatasetError(f"{output}: is where the images are; choose an --output elsewhere")
    output = output.resolve()
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DatasetError(f"{output}: is there already; choose an --output that is not")
    target = TARGETS[target_name]
    splits, lost = _for_target(found, target_name)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as partial:
            work = Path(partial) / output.name
            copies = [(old, new) for split in splits for old, new in splits[split]]
            for old, new in track(copies, "copying images", len(copies)):
                place = work / target.images / new.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(old.path, place)
            written = {split: [new for _, new in pairs] for split, pairs in splits.items()}
            target.write(work, written, found.classes)
            if output.exists():
                output.rmdir()
            work.rename(output)
    except OSError as error:
        raise DatasetError(f"{output}: can't be written ({error.strerror or error})") from error
    return lost


def _for_target(
    found: Found, target_name: str
) -> tuple[dict[str, list[tuple[LabelledImage, LabelledImage]]], tuple[str, ...]]:
    """Return each image and what it becomes, by split, and what the format can't hold."""
    names = _new_names(found, one_file_an_image=TARGETS[target_name].one_file_an_image)
    splits = {
        split: [(image, replace(image, name=names[image.name])) for image in images]
        for split, images in found.splits.items()
    }
    if target_name != "voc":
        return splits, ()
    lost = []
    labels = [image.annotations.labels for images in found.splits.values() for image in images]
    used = set(np.concatenate([*labels, np.zeros(0, np.int64)]).tolist())
    empty = [name for label, name in enumerate(found.classes) if label not in used]
    if empty:
        lost.append(
            f"Pascal VOC has no list of classes, so {', '.join(empty)} without boxes is lost"
        )
    thin = sum(
        int(((image.annotations.boxes[:, 2:] - image.annotations.boxes[:, :2]) <= 1).any(1).sum())
        for images in found.splits.values()
        for image in images
    )
    if thin:
        lost.append(
            f"{thin} boxes are at most one pixel wide or high, which Pascal VOC's "
            "inclusive corners can't tell from no area"
        )
    return splits, tuple(lost)


def _new_names(found: Found, *, one_file_an_image: bool) -> dict[str, str]:
    """Return each image's name below the new folder of images: without what all names begin with.

    Where an annotation is found by the stem, images that share one get their suffix into it.
    """
    old = sorted(image.name for images in found.splits.values() for image in images)
    folder = posixpath.commonpath([posixpath.dirname(name) for name in old])
    names = {name: posixpath.relpath(name, folder or ".") for name in old}
    if one_file_an_image:
        taken: set[str] = set()
        for name, new in names.items():
            stem, suffix = posixpath.splitext(new)
            while stem.lower() in taken:
                stem = f"{stem}_{suffix.removeprefix('.')}"
            taken.add(stem.lower())
            names[name] = stem + suffix
    return names
