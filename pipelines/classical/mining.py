"""Hard-negative mining: SVMs that learn from their own false positives, round by round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.classical.linear_svm import BACKGROUND, LinearSvm, fit
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.examples import Examples
from pipelines.training import MiningRound

POSITIVE_IOU = 0.6  # from here on a proposal is an example of its object's class
MOST_POSITIVE, MOST_BACKGROUND = 12_000, 9_000  # examples that one fit sees: bounds its time
FIRST_BACKGROUND, MINED = 5_000, 3_000  # drawn at random, and the hardest of each round
FEWEST_MINED = 0.02  # of the background seen: mining that finds fewer has nothing more to find
CHUNK = 4096  # examples scored at a time


def mining_rounds(
    pool: Examples, detector: ClassicalDetector, seed: int
) -> Iterator[tuple[ClassicalDetector, NDArray[np.int64]]]:
    """Yield the detector after each round of hard negatives, and the examples it learnt from.

    The first has only seen background drawn at random (Felzenszwalb et al. 2010, §4.4).
    """
    random = np.random.default_rng(seed)
    classes, settings = len(detector.classes), detector.settings
    positive = []
    for label in range(classes):
        mine = np.flatnonzero((pool.labels == label) & (pool.overlaps >= POSITIVE_IOU))
        positive.append(random.permutation(mine)[: max(MOST_POSITIVE // classes, 200)])
    background = np.flatnonzero(pool.labels == BACKGROUND)
    seen = random.permutation(background)[:FIRST_BACKGROUND]
    svm = None
    for number in range(settings.mining_rounds + 1):
        rows = np.concatenate([*positive, seen])
        features = pool.features[rows].astype(np.float32)
        svm = fit(features, pool.labels[rows], classes, settings.c, svm)
        yield replace(detector, svm=svm), rows
        if number == settings.mining_rounds:
            break
        hardness = _hardness(svm, pool.features, background)
        hardness[np.isin(background, seen)] = -np.inf
        hard = np.argsort(-hardness, kind="stable")[:MINED]
        hard = background[hard[hardness[hard] > -1.0]]
        if len(hard) < FEWEST_MINED * len(seen):
            break
        seen = np.concatenate([seen, hard])[-MOST_BACKGROUND:]


def round_results(
    learnt_from: Mapping[ClassicalDetector, NDArray[np.int64]],
    reached: Mapping[ClassicalDetector, float],
    kept: ClassicalDetector,
    pool: Examples,
) -> Iterator[MiningRound]:
    """Yield the result of each round.

    For the detector of each round, in order, ``learnt_from`` has the examples it learnt from and
    ``reached`` its mAP@[.50:.95] on the validation split; ``kept`` is the one that was chosen.
    """
    before = np.zeros(0, np.int64)
    for number, (detector, rows) in enumerate(learnt_from.items()):
        background = int((pool.labels[rows] == BACKGROUND).sum())
        yield MiningRound(
            round=number,
            objects=len(rows) - background,
            background=background,
            mined=len(np.setdiff1d(rows, before)) if number else 0,
            validation=reached[detector],
            kept=detector is kept,
        )
        before = rows


def other_strengths(
    pool: Examples, detector: ClassicalDetector, rows: NDArray[np.int64]
) -> Iterator[ClassicalDetector]:
    """Yield the detector with SVMs of other C, learnt from the same examples."""
    settings, classes = detector.settings, len(detector.classes)
    features, labels = pool.features[rows].astype(np.float32), pool.labels[rows]
    for c in (factor * settings.c for factor in settings.c_factors):
        svm = fit(features, labels, classes, c, detector.svm)
        yield replace(detector, settings=replace(settings, c=c), svm=svm)


def _hardness(
    svm: LinearSvm, features: NDArray[np.float16], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the highest margin that any class gives each of the rows."""
    hardness = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), CHUNK):
        chunk = slice(start, start + CHUNK)
        hardness[chunk] = svm.margins(features[rows[chunk]].astype(np.float32)).max(axis=1)
    return hardness
