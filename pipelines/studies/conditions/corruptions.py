"""Five ways in which images get worse, each in five severities, with the numbers of the papers.

Gaussian noise, motion blur, contrast and JPEG are those of ImageNet-C (Hendrycks & Dietterich
2019), which Michaelis et al. 2019 put detectors through with the same numbers, in pixels of the
image whatever its size. Darkening is ImageNet-C's brightness turned round: that adds to HSV's
value, this takes as much away. The code is ours, and the same seed gives the same image.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pipelines.detections import Image
from pipelines.evaluation.pairs import Floats

SEVERITIES = (1, 3, 5)  # of the five, those that are studied
IMAGENET_C = "Hendrycks & Dietterich 2019"
TURNED_ROUND = f"{IMAGENET_C}, taken away instead of added"
NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)  # standard deviations, of values from 0 to 1
BLUR = ((10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0))  # radius and sigma, pixels
STEEPEST = 45.0  # degrees from the horizontal that a camera shakes
DARKER = (0.1, 0.2, 0.3, 0.4, 0.5)  # of HSV's value, from 0 to 1
CONTRAST = (0.4, 0.3, 0.2, 0.1, 0.05)  # of what a pixel is from its channel's mean
QUALITY = (25, 18, 15, 10, 7)  # of JPEG


@dataclass(frozen=True)
class Corruption:
    """One way in which images get worse.

    Attributes:
        name: in ``metrics.json``.
        label: in sentences and plots.
        source: the paper that the numbers are from.
        of: for each severity from 1 to 5, what makes an image of an image and random numbers.
    """

    name: str
    label: str
    source: str
    of: tuple[Callable[[Image, Generator], Image], ...]


def gaussian_noise(image: Image, random: Generator, deviation: float) -> Image:
    """Return the image with normal noise of that deviation, of values from 0 to 1."""
    noise = random.standard_normal(image.shape, dtype=np.float32)
    return _as_image(image / np.float32(255) + np.float32(deviation) * noise)


def motion_blur(image: Image, random: Generator, radius_px: int, sigma_px: float) -> Image:
    """Return the image as a camera sees it that moves in a direction drawn by chance.

    The papers' blur trails behind one half of a Gaussian, so that everything moves by up to a dozen
    pixels and no box fits any more. Here the trail's centre stays where the point was.
    """
    angle = np.deg2rad(random.uniform(-STEEPEST, STEEPEST))
    return np.asarray(
        cv2.filter2D(image, -1, trail(radius_px, sigma_px, angle), borderType=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def trail(radius_px: int, sigma_px: float, angle: float) -> Floats:
    """Return the ``(K, K)`` float64 weights of a moving point, which sum to 1, about its centre.

    ``angle`` is in radians from the horizontal.
    """
    width = 2 * radius_px + 1
    steps = np.arange(width)
    weights = np.exp(-(steps**2) / (2 * sigma_px**2))
    weights /= weights.sum()
    along = steps - (weights * steps).sum()
    kernel = np.zeros((2 * width + 1, 2 * width + 1))
    rows = width + np.rint(along * np.sin(angle)).astype(int)
    columns = width + np.rint(along * np.cos(angle)).astype(int)
    np.add.at(kernel, (rows, columns), weights)
    return kernel


def darkened(image: Image, random: Generator, less: float) -> Image:
    """Return the image with less of HSV's value, hue and saturation as they are."""
    del random
    value = image.max(axis=2, keepdims=True) / np.float32(255)
    # Hue and saturation stay where all three channels are scaled alike.
    kept = np.divide(
        np.maximum(value - np.float32(less), 0), value, out=np.zeros_like(value), where=value > 0
    )
    return _as_image(image / np.float32(255) * kept)


def flattened(image: Image, random: Generator, share: float) -> Image:
    """Return the image with that share of its contrast, about each channel's mean."""
    del random
    values = image / np.float32(255)
    means = values.mean(axis=(0, 1), keepdims=True)
    return _as_image((values - means) * np.float32(share) + means)


def compressed(image: Image, random: Generator, quality: int) -> Image:
    """Return the image as a JPEG of that quality has it."""
    del random
    file = io.BytesIO()
    PillowImage.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(PillowImage.open(file).convert("RGB"))


def _as_image(values: NDArray[np.floating[Any]]) -> Image:
    """Return values from 0 to 1 as uint8."""
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), np.uint8)


CORRUPTIONS = (
    Corruption(
        "gaussian_noise",
        "noise",
        IMAGENET_C,
        tuple(partial(gaussian_noise, deviation=each) for each in NOISE),
    ),
    Corruption(
        "motion_blur",
        "motion blur",
        IMAGENET_C,
        tuple(partial(motion_blur, radius_px=each, sigma_px=sigma) for each, sigma in BLUR),
    ),
    Corruption(
        "darkness",
        "darkness",
        TURNED_ROUND,
        tuple(partial(darkened, less=each) for each in DARKER),
    ),
    Corruption(
        "contrast",
        "low contrast",
        IMAGENET_C,
        tuple(partial(flattened, share=each) for each in CONTRAST),
    ),
    Corruption(
        "jpeg",
        "JPEG",
        IMAGENET_C,
        tuple(partial(compressed, quality=each) for each in QUALITY),
    ),
)


@dataclass(frozen=True)
class Condition:
    """A corruption in one severity, 1 to 5."""

    corruption: Corruption
    severity: int

    @property
    def name(self) -> str:
        """As in ``metrics.json``."""
        return f"{self.corruption.name}-{self.severity}"

    @property
    def label(self) -> str:
        """As in sentences."""
        return f"{self.corruption.label} {self.severity}"

    def of(self, image: Image, seed: int, place: int) -> Image:
        """Return an ``(H, W, 3)`` uint8 RGB image in this condition, the same for the same seed.

        ``place`` is that of the image in its set: each has noise of its own, whoever looks at it.
        """
        return self.corruption.of[self.severity - 1](image, np.random.default_rng([seed, place]))


# The middle severity of all first, then the worst: what there is no time for is at the end.
CONDITIONS = tuple(
    Condition(corruption, severity) for severity in (3, 5, 1) for corruption in CORRUPTIONS
)
