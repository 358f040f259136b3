"""What years and weather do to a sign: faded paint, dirt, and the light and shade it stands in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.sample.photographs import Pixels

Layer = NDArray[np.float32]  # (H, W, 4) RGB and alpha, 0 to 1
_MUD = np.array([0.33, 0.27, 0.2], dtype=np.float32)


def blotches(height: int, width: int, cell_px: float, random: np.random.Generator) -> Pixels:
    """Return smooth noise ``(height, width)`` around 0.5 whose blobs are about ``cell_px`` wide."""
    rows, columns = (max(2, round(side / cell_px) + 1) for side in (height, width))
    coarse = random.random((rows, columns), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def weathered(layer: Layer, brightness: float, random: np.random.Generator) -> Layer:
    """Return the sign after some years outside, in light of about that brightness (1 full)."""
    # The sun pulls colours towards their own grey, and a little in hue.
    grey = layer[..., :3].mean(axis=-1, keepdims=True)
    mixed = grey + (layer[..., :3] - grey) * random.uniform(0.6, 1.0)
    colour = np.asarray(mixed * random.uniform(0.92, 1.08, size=3), dtype=np.float32)
    if random.random() < 0.4:
        colour = _dirty(colour, random)
    colour = colour * brightness * _light(layer.shape[0], layer.shape[1], random)
    return np.concatenate([np.clip(colour, 0, 1), layer[..., 3:]], axis=-1).astype(np.float32)


def _dirty(colour: Pixels, random: np.random.Generator) -> Pixels:
    """Splash mud on the paint: large blotches, ragged at their edges."""
    height, width = colour.shape[:2]
    ragged = 0.75 * blotches(height, width, 60, random) + 0.25 * blotches(height, width, 7, random)
    cover = np.clip((ragged - random.uniform(0.5, 0.7)) * 6, 0, random.uniform(0.4, 0.9))[..., None]
    return np.asarray(colour * (1 - cover) + _MUD * cover, dtype=np.float32)


def _light(height: int, width: int, random: np.random.Generator) -> Pixels:
    """Return a factor for each pixel ``(height, width, 1)``: light from one side, cast shadows."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    across = x * np.cos(angle) + y * np.sin(angle)
    light = 1 + random.uniform(0, 0.25) * across
    if random.random() < 0.3:  # the straight shadow of a pole or a house
        edge, width_of_shadow = random.uniform(-0.8, 0.5), random.uniform(0.3, 1.2)
        distance = np.abs(across - edge - width_of_shadow / 2) - width_of_shadow / 2
        light = light * (1 - random.uniform(0.3, 0.6) * np.clip(0.5 - distance * 12, 0, 1))
    elif random.random() < 0.3:  # the broken shadow of leaves
        leaves = np.clip((blotches(height, width, 30, random) - 0.5) * 8, 0, 1)
        light = light * (1 - random.uniform(0.25, 0.5) * leaves)
    return np.asarray(light, dtype=np.float32)[..., None]
