"""Annotated pictures of many images, as PNG files named after them."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.threads import in_order
from pipelines.detections import Detections
from pipelines.report.images.annotate import annotate

MOST_NAME_BYTES = 200  # with suffixes no file system's limit, which is at 255 or below it


def picture_names(image_names: Sequence[str], suffix: str = ".png") -> list[str]:
    """Return a file name for each image's path in its set: ``a/b.jpg`` gives ``a__b.png``.

    Images that would share one keep their suffix in it, as ``a__b.jpg.png``; of one that is too
    long for a file's name, its end stands behind a hash.
    """
    flat = [_shortened(name.replace("/", "__")) for name in image_names]
    short = [str(PurePosixPath(name).with_suffix(suffix)) for name in flat]
    uses = Counter(short)
    return [
        brief if uses[brief] == 1 else f"{name}{suffix}"
        for brief, name in zip(short, flat, strict=True)
    ]


def _shortened(name: str) -> str:
    data = os.fsencode(name)
    if len(data) <= MOST_NAME_BYTES:
        return name
    end = data[-MOST_NAME_BYTES // 2 :].decode(errors="ignore")
    return f"{hashlib.sha256(data).hexdigest()[:16]}__{end}"


def write_pictures(
    images: Sequence[LabelledImage],
    detections: Mapping[str, Sequence[Detections]],
    classes: Sequence[str],
    thresholds: Mapping[str, float],
    folder: Path,
    track: Track,
) -> None:
    """Write one annotated PNG an image into the folder, which is made if it is not there.

    Args:
        images: which to draw.
        detections: each pipeline's, in the order of the images.
        classes: names in label order.
        thresholds: each pipeline's score from which on detections are drawn.
        folder: of the pictures.
        track: watches them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = picture_names([image.name for image in images])

    def write(index: int) -> None:
        image = images[index]
        found = {pipeline: answers[index] for pipeline, answers in detections.items()}
        pixels = pixels_of(image)
        drawn = annotate(pixels, image.annotations, found, classes, thresholds)
        # A PNG of a photograph hardly shrinks with effort, so little is spent.
        Image.fromarray(drawn).save(folder / names[index], compress_level=3)

    written = in_order(range(len(images)), write, threads=2)
    for _ in track(written, "drawing pictures", len(images)):
        pass
