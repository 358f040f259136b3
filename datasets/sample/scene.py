"""One labelled picture: a background, signs and look-alikes on it, seen through a camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.sample.covers import Alpha, cover, pole
from datasets.sample.faces import faces
from datasets.sample.lens import bounds, photographed
from datasets.sample.lookalikes import lookalikes
from datasets.sample.photographs import Pixels, background
from datasets.sample.placement import SMALLEST_PX, IntBox, Placed, place

SIDE_PX = 320
_LEAST_VISIBLE = 0.5  # of a sign's area; a sign hidden more is not fair to ask for
_COVERED = 0.16  # of the signs have something before them
_POLES = 0.6  # of the signs hang on a pole; the others on walls and wires
_LOOKALIKES = (0.3, 0.35, 0.25, 0.1)  # probability of 0, 1, 2 and 3 in an image


@dataclass(frozen=True, eq=False)
class Scene:
    """A rendered picture with its ground truth.

    Attributes:
        image: ``(SIDE_PX, SIDE_PX, 3)`` uint8 RGB.
        class_names: of each labelled sign.
        boxes: the tight box of each one's visible pixels.
    """

    image: NDArray[np.uint8]
    class_names: tuple[str, ...]
    boxes: tuple[IntBox, ...]


def render(class_names: Sequence[str], photograph: Pixels, random: np.random.Generator) -> Scene:
    """Render one picture with a sign of each of the classes named, as far as there is room."""
    canvas = background(photograph, SIDE_PX, random)
    wanted: list[str | None] = [*class_names]  # first, so that they find room
    wanted += [None] * int(random.choice(len(_LOOKALIKES), p=_LOOKALIKES))
    placed: list[Placed] = []
    for class_name in wanted:
        variants = lookalikes() if class_name is None else faces(class_name)
        face = variants[random.integers(len(variants))]
        if sign := place(face, class_name, placed, canvas, random):
            placed.append(sign)
    for sign in placed:
        if random.random() < _POLES:
            canvas = _over(canvas, *pole(sign, SIDE_PX, random))
    for sign in placed:
        canvas = _over(canvas, *_on_image(sign))
    signs = [sign for sign in placed if sign.class_name is not None]
    hidden = _covers(signs, random)
    canvas = _over(canvas, 0.75 * background(photograph, SIDE_PX, random), hidden)
    boxes = tuple(bounds(_visible(sign, hidden)) for sign in signs)
    return Scene(photographed(canvas, random), tuple(str(sign.class_name) for sign in signs), boxes)


def _on_image(sign: Placed) -> tuple[Pixels, Alpha]:
    """Return the sign's colours and alpha on an empty canvas of the image's size."""
    shift = np.array([[1, 0, sign.left], [0, 1, sign.top]], dtype=np.float32)
    canvas = cv2.warpAffine(sign.layer, shift, (SIDE_PX, SIDE_PX), flags=cv2.INTER_NEAREST)
    pixels = np.asarray(canvas, dtype=np.float32)
    return pixels[..., :3], pixels[..., 3]


def _covers(signs: Sequence[Placed], random: np.random.Generator) -> Alpha:
    """Return the alpha of all that stands before signs, leaving enough of each to be seen."""
    hidden: Alpha = np.zeros((SIDE_PX, SIDE_PX), dtype=np.float32)
    for sign in signs:
        if random.random() < _COVERED:
            more = np.maximum(hidden, cover(sign.box(), SIDE_PX, random))
            if all(_recognisable(other, more) for other in signs):
                hidden = more
    return hidden


def _recognisable(sign: Placed, hidden: Alpha) -> bool:
    """Say whether enough of the sign is inside the image and before everything else."""
    visible = _visible(sign, hidden)
    x1, y1, x2, y2 = bounds(visible)
    enough = float(visible.sum()) >= _LEAST_VISIBLE * float(sign.layer[..., 3].sum())
    return enough and max(x2 - x1, y2 - y1) >= SMALLEST_PX


def _visible(sign: Placed, hidden: Alpha) -> Alpha:
    return np.asarray(_on_image(sign)[1] * (1 - hidden))


def _over(below: Pixels, colour: Pixels, alpha: Alpha) -> Pixels:
    """Lay colours over the picture as far as their alpha says."""
    return below + (colour - below) * alpha[..., None]
