"""How faithful an explanation is, in figures: deletion, insertion, pointing, agreement.

Deletion and insertion (Petsiuk et al., BMVC 2018) hide, or show alone, the pixels that a map ranks
first, more and more of them, and measure what is left of the detection. How many is counted in
areas of its box, so that small objects are judged as large ones are.
"""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Image
from pipelines.studies.interpretability.saliency import (
    DetectedBox,
    DetectMany,
    Saliency,
    hidden,
    mask,
    target_score,
)

AREAS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5)  # of the box, hidden or shown, for each score
GRID_PX = 24  # sides of the grids that are compared for agreement


class Faithfulness(NamedTuple):
    """How faithful one explanation of one detection is to the detector.

    Attributes:
        deletion: what is left of its score while what matters is hidden, by the score: less is
            better.
        insertion: what is there of it while only that is shown: more is better.
        points: whether the pixel that matters most lies in the object's box.
    """

    deletion: float
    insertion: float
    points: bool


def faithfulness(
    detect_many: DetectMany,
    image: Image,
    target: DetectedBox,
    saliency: Saliency,
    box: NDArray[np.float64],
) -> Faithfulness:
    """Return how faithful the target's saliency map is; ``box`` is the annotated object's."""
    first = first_pixels(saliency, target)
    full = score_with(detect_many, image, target, [np.ones(saliency.shape, bool)])[0]
    least, most = (
        score_with(detect_many, image, target, [shows ^ each for each in first])
        for shows in (True, False)
    )
    y, x = np.unravel_index(int(saliency.argmax()), saliency.shape)
    inside = box[0] <= x + 0.5 < box[2] and box[1] <= y + 0.5 < box[3]
    return Faithfulness(_share(least, full), _share(most, full), bool(inside))


def deletion(
    detect_many: DetectMany, image: Image, target: DetectedBox, saliency: Saliency
) -> float:
    """Return `Faithfulness.deletion` alone, as for random masks of the same size."""
    full = score_with(detect_many, image, target, [np.ones(saliency.shape, bool)])[0]
    shown = [~each for each in first_pixels(saliency, target)]
    return _share(score_with(detect_many, image, target, shown), full)


def first_pixels(saliency: Saliency, target: DetectedBox) -> list[NDArray[np.bool_]]:
    """Return ``(H, W)`` flags of the pixels that matter most, for each of `AREAS`.

    Of pixels that matter alike those nearer to the box's centre come first.
    """
    height, width = saliency.shape
    ys, xs = np.mgrid[:height, :width] + 0.5
    centre = (target.box[:2] + target.box[2:]) / 2
    away = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2
    order = np.lexsort((away.ravel(), -saliency.ravel()))
    made = []
    for share in AREAS:
        flags = np.zeros(saliency.size, bool)
        flags[order[: round(share * target.area_px)]] = True
        made.append(flags.reshape(saliency.shape))
    return made


def score_with(
    detect_many: DetectMany, image: Image, target: DetectedBox, shown: list[NDArray[np.bool_]]
) -> list[float]:
    """Return what is left of the target with only those pixels shown, for each."""
    found = detect_many([hidden(image, each) for each in shown])
    return [target_score(each, target) for each in found]


def random_saliency(image_hw: tuple[int, int], seed: int) -> Saliency:
    """Return a smooth map that knows nothing: a mask, and noise where it is level."""
    noise = np.random.default_rng(seed).random(image_hw)
    return mask(image_hw, seed, 0).astype(np.float64) + 1e-6 * noise


def within(saliency: Saliency, target: DetectedBox) -> Saliency:
    """Return the map with all pixels of the target's box before all others."""
    x1, y1 = np.floor(target.box[:2]).astype(int)
    x2, y2 = np.ceil(target.box[2:]).astype(int)
    raised = saliency.copy()
    raised[max(y1, 0) : y2, max(x1, 0) : x2] += 10.0 * (1.0 + np.abs(saliency).max())
    return raised


def agreement(first: Saliency, second: Saliency) -> float:
    """Return the correlation of two maps on a coarse grid, -1 to 1; nan for a level one."""
    one, other = (
        cv2.resize(each, (GRID_PX, GRID_PX), interpolation=cv2.INTER_AREA).astype(np.float64)
        for each in (first, second)
    )
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return nan
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _share(scores: list[float], full: float) -> float:
    """Return the mean over the areas hidden, 0 to `AREAS`' last, of scores by the full one."""
    return float(np.mean(scores) / full) if full > 0 else nan
