"""A set written in another format without loss, beside the user's and never into it.

An image keeps its name below the set's images, so that order, splits and everything drawn from
them stay the same; image files are copied byte for byte.
"""

from __future__ import annotations

import posixpath
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.annotations import Dataset, DatasetError, LabelledImage, Splits
from datasets.boxes import xyxy_to_xywh
from datasets.coco import write_coco
from datasets.path_names import overlap, real_path
from datasets.progress import Track, silently
from datasets.voc import write_voc, xml_text
from datasets.yolo import write_yolo


@dataclass(frozen=True)
class Target:
    """How a format is written.

    Attributes:
        images: the folder its images go to.
        write: writes the annotations into a folder that is there, of images by split (``""`` for
            those in none), under their names in ``images``; class names are in label order.
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
    dataset: Dataset, source: Path, target_name: str, output: Path, track: Track = silently
) -> tuple[str, ...]:
    """Write the set into a new folder and return what the format can't hold, a sentence each.

    The set is as `reading.read_folder` gives it for the folder ``source``, the target one of
    `TARGETS`, and ``output`` a folder that is not there yet, or is empty.

    Raises:
        DatasetError: the output can't be used.
    """
    if overlap(source, output):
        raise DatasetError(f"{output}: is where the images are; choose an --output elsewhere")
    output = real_path(output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DatasetError(f"{output}: is there already; choose an --output that is not")
    target = TARGETS[target_name]
    images = [image for found in dataset.splits.values() for image in found]
    names = _new_names([image.name for image in images], target.one_file_an_image)
    splits = {
        split: [replace(image, name=names[image.name]) for image in found]
        for split, found in dataset.splits.items()
    }
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as partial:
            work = Path(partial) / output.name
            for image in track(images, "copying images", len(images)):
                place = work / target.images / names[image.name]
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(image.path, place)
            target.write(work, splits, dataset.classes)
            if output.exists():
                output.rmdir()
            work.rename(output)
    except OSError as error:
        raise DatasetError(f"{output}: can't be written ({error.strerror or error})") from error
    return _lost_in_voc(images, dataset.classes) if target_name == "voc" else ()


def _lost_in_voc(images: Sequence[LabelledImage], classes: Sequence[str]) -> tuple[str, ...]:
    """Return what Pascal VOC can't hold of the set, a sentence each."""
    lost = []
    used = {label for image in images for label in image.annotations.labels.tolist()}
    if unused := ", ".join(name for label, name in enumerate(classes) if label not in used):
        lost.append(f"Pascal VOC has no list of classes, so {unused} without boxes is lost")
    if coded := ", ".join(name for name in classes if name != xml_text(name)):
        lost.append(f"XML can't hold what is in the names of {coded}, where codes stand for it")
    sizes = [xyxy_to_xywh(image.annotations.boxes)[:, 2:] for image in images]
    if thin := sum(int((size <= 1).any(axis=1).sum()) for size in sizes):
        lost.append(
            f"{thin} boxes are at most one pixel wide or high, which Pascal VOC's "
            "inclusive corners can't distinguish from no area"
        )
    return tuple(lost)


def _new_names(old: Sequence[str], one_file_an_image: bool) -> dict[str, str]:
    """Return each image's name below the new folder of images: without what all names begin with.

    Where an annotation is found by the stem, images that share one get their suffix into it.
    """
    folder = posixpath.commonpath([posixpath.dirname(name) for name in old])
    names = {name: posixpath.relpath(name, folder or ".") for name in sorted(old)}
    taken: set[str] = set()
    for name, new in names.items() if one_file_an_image else ():
        stem, suffix = posixpath.splitext("_".join(new.splitlines()))  # lists have a line a name
        while stem.lower() in taken:
            stem = f"{stem}_{suffix.removeprefix('.')}"
        taken.add(stem.lower())
        names[name] = stem + suffix
    return names
