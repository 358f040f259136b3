"""How faithful an explanation is, in figures: deletion, insertion, pointing, agreement.

Deletion and insertion (Petsiuk et al., BMVC 2018) hide, or show alone, the pixels that a map ranks
first, more and more of them, and measure what is left of the detection. How many is counted in
areas of its box, so that small objects are judged as large ones are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

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


@dataclass(frozen=True, eq=False)
class Explanation:
    """A map of the pixels that mattered for a detection, and how faithful it is.

    Attributes:
        saliency: ``(H, W)``, the mean of two runs of a method.
        deletion: share of the score that is left while what matters is hidden: less is better.
        insertion: share that is there while only that is shown: more is better.
        points: whether the pixel that matters most lies in the object's box.
        agreement: correlation of the two runs, nan where one is level.
    """

    saliency: Saliency
    deletion: float
    insertion: float
    points: bool
    agreement: float


def judged(
    detect_many: DetectMany,
    image: Image,
    target: DetectedBox,
    runs: tuple[Saliency, Saliency],
    box: NDArray[np.float64],
) -> Explanation:
    """Return the explanation that two runs of a method give.

    Args:
        detect_many: the detector's.
        image: it is about.
        target: the detection it explains.
        runs: an ``(H, W)`` map each.
        box: ``(4,)`` of the annotated object.
    """
    saliency = (runs[0] + runs[1]) / 2
    y, x = np.unravel_index(int(saliency.argmax()), saliency.shape)
    return Explanation(
        saliency,
        deletion(detect_many, image, target, saliency),
        score_share(detect_many, image, target, first_pixels(saliency, target)),
        bool(box[0] <= x + 0.5 < box[2] and box[1] <= y + 0.5 < box[3]),
        agreement(*runs),
    )


def deletion(
    detect_many: DetectMany, image: Image, target: DetectedBox, saliency: Saliency
) -> float:
    """Return `Explanation.deletion`, also of random maps."""
    shown = [~each for each in first_pixels(saliency, target)]
    return score_share(detect_many, image, target, shown)


def score_share(
    detect_many: DetectMany, image: Image, target: DetectedBox, shown: list[NDArray[np.bool_]]
) -> float:
    """Return the share of the target's score with only those pixels shown, mean over all."""
    images = [image, *(hidden(image, each) for each in shown)]
    full, *scores = (target_score(each, target) for each in detect_many(images))
    return float(np.mean(scores) / full) if full > 0 else nan


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
