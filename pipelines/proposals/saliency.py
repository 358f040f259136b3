"""Candidate boxes from saliency: what the image's spectrum does not lead one to expect.

Spectral residual (Hou & Zhang 2007) in each channel of Lab at three sizes, split into connected
parts at several levels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, as_boxes
from pipelines.detections import Image

SIZES_PX = (32, 64, 128)  # longer sides: the smaller, the larger is what stands out
AROUND = 3  # the log amplitudes are compared with their mean over so many by so many
BLURRED = 0.03  # of the longer side, standard deviation of the blur of what is left
LEVELS = (0.1, 0.18, 0.3, 0.45, 0.65)  # of the largest saliency
LEAST_SIDE_PX = 2  # of a part, in the reduced image


def salient_boxes(image: Image) -> Boxes:
    """Return the ``(N, 4)`` distinct boxes of an ``(H, W, 3)`` uint8 RGB image's salient parts."""
    found = [as_boxes(())]
    for size_px in SIZES_PX:
        scale = min(1.0, size_px / max(image.shape[:2]))
        width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        back = np.tile([image.shape[1] / width, image.shape[0] / height], 2)
        lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
        found.extend(level_boxes(residual(lab[..., channel])) * back for channel in range(3))
    return np.unique(np.concatenate(found), axis=0)


def residual(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ``(h, w)`` saliency, 1 at most, of ``(h, w)`` values of one channel."""
    spectrum = np.fft.fft2(values)
    logs = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    usual = cv2.blur(logs, (AROUND, AROUND), borderType=cv2.BORDER_REFLECT)
    left = np.fft.ifft2(np.exp(logs - usual + 1j * np.angle(spectrum)))
    strength = (np.abs(left) ** 2).astype(np.float32)
    blurred = cv2.GaussianBlur(strength, (0, 0), max(BLURRED * max(values.shape), 0.5))
    return np.asarray(blurred / max(float(blurred.max()), 1e-12), np.float32)


def level_boxes(saliency: NDArray[np.float32]) -> Boxes:
    """Return the ``(N, 4)`` boxes of the connected parts above each level."""
    found = [as_boxes(())]
    for level in LEVELS:
        _, _, stats, _ = cv2.connectedComponentsWithStats((saliency > level).astype(np.uint8))
        left, top, width, height = stats[1:, :4].T.astype(np.float64)
        boxes = np.stack([left, top, left + width, top + height], axis=1)
        found.append(boxes[np.minimum(width, height) >= LEAST_SIDE_PX])
    return np.concatenate(found)
