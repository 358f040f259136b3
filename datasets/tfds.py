"""TensorFlow Datasets: downloads, verifies and splits itself; kept as a COCO folder, read as any.

An optional extra. Image files are stored as they are in the set, never decoded and saved again.
"""

from __future__ import annotations

import logging
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from datasets.annotations import Annotations, DatasetError, LabelledImage
from datasets.cache import cached_folder
from datasets.coco import write_coco
from datasets.images import FORMATS
from datasets.progress import Track
from datasets.split_names import split_of_file

PREFIX = "tfds:"
_IGNORED = ("is_crowd", "is_difficult", "invalid", "is_group_of")
_WITHOUT_METADATA = ("train", "validation", "test")  # what a set nearly always calls its splits


def stored_folder(name: str, track: Track) -> Path:
    """Return the COCO folder of a TensorFlow dataset, downloading it where it is not there yet.

    It imports TensorFlow: call it in a process of its own. The name is TensorFlow Datasets', for
    example ``voc/2007``.

    Raises:
        DatasetError: the extra is not installed, there is no such set or no network, or its
            examples have no boxes.
    """
    tfds = _library()
    try:
        builder = tfds.builder(name)
    except Exception as error:  # it raises its own, import errors and those of the file system
        raise DatasetError(
            f"{PREFIX}{name}: is no TensorFlow dataset ({_first_line(error)})"
        ) from error
    objects = _objects_key(name, builder.info.features)
    key = f"tfds-{builder.info.full_name.replace('/', '-')}"

    def download(folder: Path) -> None:
        _download(name, builder)
        _store(tfds, builder, objects, folder, track)

    return cached_folder(f"{PREFIX}{name}", key, name.replace("/", "-"), download)


def _download(name: str, builder: Any) -> None:
    # Without a network it tries for minutes, with a warning each time; the bar shows it tries.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise DatasetError(
            f"{PREFIX}{name}: can't be downloaded ({_first_line(error)}); check the network, or "
            "what its page in the TensorFlow Datasets catalogue asks for"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _library() -> Any:
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise DatasetError(
            "TensorFlow Datasets is not installed; pip install '.[tfds]' brings it"
        ) from error
    return tensorflow_datasets


def _objects_key(name: str, features: Any) -> str:
    """Return the feature that holds the boxes, for example ``objects`` or ``faces``."""
    for key, feature in features.items():
        inner = getattr(feature, "feature", None)
        if inner is not None and hasattr(inner, "items") and "bbox" in dict(inner.items()):
            return str(key)
    raise DatasetError(f"{PREFIX}{name}: its examples have no boxes; it is not made for detection")


def _store(tfds: Any, builder: Any, objects: str, folder: Path, track: Track) -> None:
    """Write the image files and one COCO file a split; splits without any box are left out."""
    label = dict(builder.info.features[objects].feature.items()).get("label")
    # A set of one class is named after its boxes.
    classes = (objects.removesuffix("s"),) if label is None else tuple(label.names)
    splits: dict[str, list[LabelledImage]] = {}
    for part in list(builder.info.splits) or _WITHOUT_METADATA:
        split = split_of_file(part)
        if not split or split in splits:
            continue
        examples = builder.as_dataset(split=part, decoders={"image": tfds.decode.SkipDecoding()})
        total = max(int(examples.cardinality()), 0)
        images = [
            _image(number, example, objects, folder, split)
            for number, example in enumerate(
                track(tfds.as_numpy(examples), f"storing {part}", total)
            )
        ]
        if any(len(image.annotations) for image in images):
            splits[split] = images
        else:  # benchmarks keep the boxes of their test split to themselves
            shutil.rmtree(folder / "images" / split, ignore_errors=True)
    if not splits:
        raise DatasetError(f"{PREFIX}{builder.name}: no example of any split has a box")
    write_coco(folder, splits, classes)


def _image(number: int, example: Any, objects: str, folder: Path, split: str) -> LabelledImage:
    """Write one image file and return it with its boxes in pixels."""
    data = bytes(example["image"])
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        suffix = (image.format or "jpeg").lower()
        width, height = image.size
    name = f"{split}/{number:07}.{'jpg' if suffix == 'jpeg' else suffix}"
    path = folder / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    rows = example[objects]
    # Fractions in the order ymin, xmin, ymax, xmax; float32 has six significant digits.
    fractions = np.asarray(rows["bbox"], dtype=np.float64).reshape(-1, 4)[:, [1, 0, 3, 2]]
    boxes = np.round(fractions * [width, height, width, height], 4)
    labels = rows.get("label", np.zeros(len(boxes), dtype=np.int64))
    flags = [np.asarray(rows[flag], dtype=bool) for flag in _IGNORED if flag in rows]
    ignore = np.any([np.zeros(len(boxes), dtype=bool), *flags], axis=0)
    return LabelledImage(name, path, width, height, Annotations(boxes, labels, ignore))
