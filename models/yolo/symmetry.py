"""Which mirrorings leave the objects as they are, found by a classifier.

Mirrored pictures are more examples, but only where a mirrored object is one that could be met:
blood cells have no upside, road signs have, and a mirrored left arrow is a right arrow. So for each
class a linear classifier learns, on one half of the images, to separate its objects from their
mirrored copies; where it can on the other half, that mirroring is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from datasets.boxes import Boxes

Picture = NDArray[np.uint8]


class Sample(NamedTuple):
    """A picture with its ground truth.

    Attributes:
        picture: ``(h, w, 3)`` uint8 RGB.
        boxes: ``(N, 4)`` xyxy pixels.
        labels: ``(N,)``.
        ignore: ``(N,)`` bool, objects neither to be found nor background.
    """

    picture: Picture
    boxes: Boxes
    labels: NDArray[np.int64]
    ignore: NDArray[np.bool_]


HORIZONTAL, VERTICAL, TRANSPOSE = "horizontal", "vertical", "transpose"
MIRRORINGS: dict[str, Callable[[Picture], Picture]] = {
    HORIZONTAL: lambda picture: picture[:, ::-1],
    VERTICAL: lambda picture: picture[::-1],
    TRANSPOSE: lambda picture: picture.transpose(1, 0, 2),
}
# Share of right answers from which on a class has a side. Chance is one half; slanting light alone
# reaches .75 (blood cells, whose detector gains from all mirrorings), road signs .94 and more.
RECOGNISED = 0.85
LEAST_OBJECTS, MOST_OBJECTS, MOST_CLASSES = 24, 120, 12  # a class, a class, in all
WINDOW_PX, GREY_PX = 32, 8


def chosen_flips(choice: str, samples: Sequence[Sample], seed: int) -> frozenset[str]:
    """Return the mirrorings for training: as set, or for ``auto`` as the objects allow.

    Where no class has enough objects to find out, left and right are taken to be alike and
    nothing else, as in most photographs. The seed is of the choice of objects.
    """
    fixed: dict[str, frozenset[str]] = {
        "none": frozenset(),
        "horizontal": frozenset({HORIZONTAL}),
        "all": frozenset(MIRRORINGS),
    }
    if choice in fixed:
        return fixed[choice]
    shares = {name: recognised_shares(samples, name, seed) for name in MIRRORINGS}
    if not shares[HORIZONTAL]:
        return fixed["horizontal"]
    return frozenset(name for name, rates in shares.items() if max(rates) < RECOGNISED)


def recognised_shares(samples: Sequence[Sample], mirroring: str, seed: int) -> list[float]:
    """Return, for each class with enough objects, how often a mirrored one is recognised.

    One half is chance: the class is the same.
    """
    objects: dict[int, list[tuple[int, int]]] = {}
    for image, sample in enumerate(samples):
        for row in np.flatnonzero(~sample.ignore):
            objects.setdefault(int(sample.labels[row]), []).append((image, int(row)))
    random = np.random.default_rng(seed)
    commonest = sorted(objects, key=lambda label: -len(objects[label]))[:MOST_CLASSES]
    shares = []
    for label in commonest:
        some = random.permutation(np.array(objects[label]))[:MOST_OBJECTS]
        if len(some) < LEAST_OBJECTS or len(np.unique(some[:, 0])) < 2:
            continue
        crops = [_crop(samples[image], row) for image, row in some]
        mirror = MIRRORINGS[mirroring]
        features = np.stack([_describe(c) for c in crops] + [_describe(mirror(c)) for c in crops])
        is_mirrored = np.arange(len(features)) >= len(crops)
        # By image, not by object: one photograph's light must not be on both sides.
        fold = np.tile(np.unique(some[:, 0], return_inverse=True)[1] % 2, 2)
        right = np.zeros(len(features), bool)
        for half in (0, 1):
            model = LogisticRegression(C=0.03, max_iter=200)
            model.fit(features[fold != half], is_mirrored[fold != half])
            right[fold == half] = (model.predict(features) == is_mirrored)[fold == half]
        shares.append(float(right.mean()))
    return shares


def _crop(sample: Sample, row: int) -> Picture:
    """Return one object as a square, itself alone."""
    x1, y1 = np.floor(np.maximum(sample.boxes[row, :2], 0)).astype(int)
    x2, y2 = np.ceil(sample.boxes[row, 2:]).astype(int)
    inside = sample.picture[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    square = cv2.resize(inside, (WINDOW_PX, WINDOW_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8)


def _describe(square: Picture) -> NDArray[np.float32]:
    """Return gradients with their direction, and a grey thumbnail: shape and light."""
    square = np.ascontiguousarray(square)
    hog = cv2.HOGDescriptor((32, 32), (16, 16), (8, 8), (8, 8), 18, 1, -1, 0, 0.2, True, 1, True)
    grey = cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)
    thumbnail = cv2.resize(grey, (GREY_PX, GREY_PX), interpolation=cv2.INTER_AREA)
    light = (thumbnail.astype(np.float32) - thumbnail.mean()) / (thumbnail.std() + 1.0)
    return np.concatenate([np.asarray(hog.compute(square)).ravel(), 0.2 * light.ravel()])
