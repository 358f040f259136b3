"""What an image looks like, in three numbers, by which test images are divided."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import msgspec
import numpy as np

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.threads import in_order
from pipelines.detections import Image


class Look(msgspec.Struct, frozen=True):
    """What one image's grey values are.

    Attributes:
        brightness: their mean, from 0 to 1.
        contrast: their standard deviation (root mean square contrast, Peli 1990), from 0 to 1.
        sharpness: variance of their Laplacian (Pech-Pacheco et al. 2000), which blur takes away; in
            steps of 255.
    """

    brightness: float
    contrast: float
    sharpness: float


def look(image: Image) -> Look:
    """Return what an ``(H, W, 3)`` uint8 RGB image looks like."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    return Look(float(grey.mean()) / 255, float(grey.std()) / 255, float(edges.var()))


def looks(images: Sequence[LabelledImage], threads: int, track: Track) -> list[Look]:
    """Return what each image looks like, opened one by one in so many threads.

    Raises:
        ImageError: an image can't be read.
    """
    done = in_order(images, lambda image: look(pixels_of(image)), threads)
    return list(track(done, "looking at images", len(images)))
