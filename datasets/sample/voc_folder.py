"""Writes the sample set as a Pascal VOC folder, so that it is read like anybody's set."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import ElementTree, indent

import cv2
import numpy as np

from datasets.annotations import SPLITS, Annotations, LabelledImage
from datasets.progress import Track, silently
from datasets.sample.faces import CLASSES, faces
from datasets.sample.lookalikes import lookalikes
from datasets.sample.photographs import PHOTOGRAPHS, licences, picture_of
from datasets.sample.plan import Planned, plan
from datasets.sample.scene import SIDE_PX, render
from datasets.threads import in_order
from datasets.voc import annotation_xml

_JPEG_QUALITY = (50, 95)  # of cv2; half of the images show their blocks


def write_sample(folder: Path, seed: int, track: Track = silently) -> None:
    """Render the whole set into a folder that is not there yet; a seed gives the same bytes.

    Raises:
        DatasetError: a background photograph is not installed.
    """
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    (folder / "LICENSES.txt").write_text(licences(), encoding="utf-8")
    images = plan(seed)
    for split in SPLITS:
        stems = [f"{image.stem}\n" for image in images if image.split == split]
        (folder / f"ImageSets/Main/{split}.txt").write_text("".join(stems), encoding="utf-8")
    # Read and drawn once here: threads that ask at the same time would each do it.
    for photograph in PHOTOGRAPHS:
        picture_of(photograph)
    for class_name in CLASSES:
        faces(class_name)
    lookalikes()
    # Threads, since OpenCV and NumPy release the lock and a process would import both again.
    write = partial(write_image, folder, seed=seed)
    written = in_order(images, write, threads=os.cpu_count() or 1)
    for _ in track(written, "rendering the sample set", len(images)):
        pass


def write_image(folder: Path, image: Planned, seed: int) -> None:
    """Render one image into the folder's ``JPEGImages``, its boxes into ``Annotations``."""
    random = image.random(seed)
    scene = render(image.class_names, picture_of(image.photograph), random)
    quality = int(random.integers(*_JPEG_QUALITY))
    bgr = cv2.cvtColor(scene.image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    path = folder / f"JPEGImages/{image.stem}.jpg"
    path.write_bytes(np.asarray(encoded).tobytes())
    truth = Annotations(scene.boxes, [CLASSES.index(name) for name in scene.class_names])
    labelled = LabelledImage(path.name, path, SIDE_PX, SIDE_PX, truth)
    tree = ElementTree(annotation_xml(labelled, CLASSES))
    indent(tree)
    tree.write(folder / f"Annotations/{image.stem}.xml", encoding="utf-8")
