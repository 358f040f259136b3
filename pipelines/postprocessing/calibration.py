"""Calibrated scores, a detector's last step: of detections scored .8, eight of ten shall be right.

Platt's sigmoid (Platt 1999) on the scores' log-odds, fitted to a detector's final detections in the
validation split. It rises strictly, so it reorders nothing and mAP stays as it was.

Of six detectors of the sample, BCCD and cards the mean expected calibration error on the test split
is .087 as they come; learnt from all validation images, from 20 and from 8 it is .059, .065 and
.073 so, .061, .075 and .091 by isotonic regression, and .056, .064 and .069 by three parameters
(Kull et al. 2017), which are harder to undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol, Self, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from datasets.regular_files import content
from pipelines.detections import LOWEST_SCORE, Detections, Detector
from pipelines.evaluation.matching import outcomes
from pipelines.system.files import write_json
from pipelines.system.loading import loading

CALIBRATION = "calibration.json"
LEAST = 10  # right and wrong detections, of each, to learn from
HELD = 1.0  # how strongly both numbers are held to what changes nothing, which few images need
FLATTEST, STEEPEST, FARTHEST = 0.05, 20.0, 50.0  # slopes, and how far it is shifted

Scores = NDArray[np.float64]


class Calibration(msgspec.Struct, frozen=True):
    """What turns scores into probabilities; by default it leaves them as they are.

    Attributes:
        slope: of the calibrated log-odds by those of the score.
        offset: added to them.
        source: what it was fitted to, or why there is none, as a sentence's end.
    """

    slope: Annotated[float, msgspec.Meta(ge=FLATTEST, le=STEEPEST)] = 1.0
    offset: Annotated[float, msgspec.Meta(ge=-FARTHEST, le=FARTHEST)] = 0.0
    source: str = "not calibrated"

    @property
    def changes(self) -> bool:
        """Whether it changes any score."""
        return (self.slope, self.offset) != (1.0, 0.0)

    def of(self, scores: Scores) -> Scores:
        """Return the ``(N,)`` calibrated scores, from `LOWEST_SCORE` to 1, in the same order."""
        if not self.changes:
            return scores
        chance = _sigmoid(self.slope * log_odds(scores) + self.offset)
        return np.asarray(LOWEST_SCORE + (1 - LOWEST_SCORE) * chance)

    def undone(self, calibrated: Scores) -> Scores:
        """Return the ``(N,)`` scores that `of` gives these for."""
        if not self.changes:
            return calibrated
        chance = (calibrated - LOWEST_SCORE) / (1 - LOWEST_SCORE)
        return _sigmoid((log_odds(chance) - self.offset) / self.slope)

    def rescored(self, found: Detections) -> Detections:
        """Return the detections with calibrated scores."""
        return Detections(found.boxes, self.of(found.scores), found.labels)


UNCALIBRATED = Calibration()


@runtime_checkable
class CalibratedDetector(Detector, Protocol):
    """A detector whose last step calibrates its scores."""

    @property
    def calibration(self) -> Calibration:
        """What its last step does."""
        ...

    def calibrated(self, calibration: Calibration) -> Self:
        """Return the same detector with another last step."""
        ...


def log_odds(scores: Scores) -> Scores:
    """Return ``ln(s / (1 - s))`` of ``(N,)`` scores, finite for 0 and 1 too."""
    inside = np.clip(scores, np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def fitted(ground_truth: Sequence[Annotations], found: Sequence[Detections]) -> Calibration:
    """Return the calibration of a detector that found this, uncalibrated, in validation images.

    A detection is right as the evaluator matches it at IoU .5; those of *ignore* objects are left
    out. With fewer than `LEAST` right or wrong ones scores stay as they are.

    Raises:
        ValueError: there are not as many detections as images.
    """
    from scipy.optimize import minimize  # takes a moment, and only training needs it

    scores, right = outcomes(ground_truth, found)
    hits = int(right.sum())
    misses = len(right) - hits
    counts = f"{hits} right and {misses} wrong detections on the validation split"
    if min(hits, misses) < LEAST:
        return Calibration(source=f"not calibrated, for want of {LEAST} of each: {counts}")
    inputs = np.stack([log_odds(scores), np.ones_like(scores)])
    unchanged = np.array([1.0, 0.0])

    def loss(values: Scores) -> tuple[float, Scores]:
        odds, away = values @ inputs, values - unchanged
        total = (np.logaddexp(0, odds) - right * odds).sum() + HELD * away @ away
        return float(total), inputs @ (_sigmoid(odds) - right) + 2 * HELD * away

    bounds = [(FLATTEST, STEEPEST), (-FARTHEST, FARTHEST)]
    slope, offset = minimize(loss, unchanged, jac=True, bounds=bounds, method="L-BFGS-B").x.tolist()
    return Calibration(slope, offset, f"fitted to {counts}")


def save_calibration(calibration: Calibration, folder: Path) -> None:
    """Write ``calibration.json`` into the folder of a trained detector."""
    write_json(folder / CALIBRATION, msgspec.to_builtins(calibration))


def load_calibration(folder: Path) -> Calibration:
    """Return what the folder of a trained detector says; without a word scores stay as they are.

    Raises:
        LoadingError: the file is broken.
    """
    with loading(folder):
        try:
            return msgspec.json.decode(content(folder / CALIBRATION), type=Calibration)
        except FileNotFoundError:
            return UNCALIBRATED


def _sigmoid(log_odds: Scores) -> Scores:
    return np.asarray(np.exp(-np.logaddexp(0, -log_odds)))  # which never overflows
