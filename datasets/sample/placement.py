"""Where signs stand in an image: each somewhere free, most of it inside the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.boxes import area, as_boxes, clip, intersection
from datasets.sample.drawing import Face
from datasets.sample.lens import Pose, bounds, random_pose, seen
from datasets.sample.photographs import Pixels
from datasets.sample.weather import Layer, weathered

IntBox = tuple[int, int, int, int]  # x1, y1, x2, y2 pixels, right and bottom exclusive

SMALLEST_PX, LARGEST_PX = 16, 140  # longer side of a box
_IN_FRAME = 0.6  # least part of a box that must be inside the image
_MARGIN_PX = 2.0  # between two signs
_POSES, _PLACES = 6, 30  # tries: each further pose is smaller, so a sign nearly always fits


@dataclass(frozen=True, eq=False)
class Placed:
    """A sign in the image.

    Attributes:
        class_name: its class, or None for a look-alike.
        layer: ``(h, w, 4)`` its pixels as seen, RGB and alpha, 0 to 1.
        left: image column of the layer's first one; may be negative.
        top: image row of the layer's first one; may be negative.
        pose: how it stands.
    """

    class_name: str | None
    layer: Layer
    left: int
    top: int
    pose: Pose

    def box(self) -> IntBox:
        """Return the tight box of its pixels, whether inside the image or not."""
        x1, y1, x2, y2 = bounds(self.layer[..., 3])
        return x1 + self.left, y1 + self.top, x2 + self.left, y2 + self.top


def place(
    face: Face,
    class_name: str | None,
    taken: Sequence[Placed],
    scene: Pixels,
    random: np.random.Generator,
) -> Placed | None:
    """Return the sign somewhere in the scene, clear of those already there; None if it is full."""
    side = scene.shape[0]
    others = as_boxes([other.box() for other in taken])
    clean = np.asarray(face / 255, dtype=np.float32)
    low, high = ((26, 100), (18, 26), (100, 134))[random.choice(3, p=(0.82, 0.09, 0.09))]
    size_px = float(np.exp(random.uniform(np.log(low), np.log(high))))
    for _ in range(_POSES):
        pose = random_pose(size_px, random)
        stencil = Placed(class_name, seen(clean, pose), 0, 0, pose)
        height, width = stencil.layer.shape[:2]
        spare = 0.35 if random.random() < 0.12 else 0.0  # of its sides, that may be cut
        for _ in range(_PLACES):
            left, top = (
                round(random.uniform(-spare * length, side - length + spare * length))
                for length in (width, height)
            )
            box = np.add([stencil.box()], (left, top, left, top)).astype(np.float64)
            if _acceptable(box, others, side):
                layer = weathered(clean, _brightness(scene, box, random), random)
                return Placed(class_name, seen(layer, pose), left, top, pose)
        size_px = max(0.75 * size_px, SMALLEST_PX + 2)
    return None


def _acceptable(box: NDArray[np.float64], others: NDArray[np.float64], side: int) -> bool:
    """Say whether the box is large enough, enough of it in the image, and clear of the others."""
    inside = clip(box, side, side)
    longer = (inside[0, 2:] - inside[0, :2]).max()
    if not SMALLEST_PX <= longer <= LARGEST_PX or area(inside)[0] < _IN_FRAME * area(box)[0]:
        return False
    grown = box + _MARGIN_PX * np.array([-1, -1, 1, 1])
    return not intersection(grown, others).any()


def _brightness(scene: Pixels, box: NDArray[np.float64], random: np.random.Generator) -> float:
    """Return how bright a sign is there: it stands in the light of what is around it."""
    x1, y1, x2, y2 = clip(box, scene.shape[1], scene.shape[0])[0].astype(int)
    around = float(scene[y1:y2, x1:x2].mean())
    return float(np.clip(0.55 + 0.6 * around + random.normal(0, 0.1), 0.4, 1.15))
