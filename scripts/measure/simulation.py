"""Simulated test sets: images with objects, and what detectors of a known skill find in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.resampling import (
    DECISIVE,
    Resampled,
    averages,
    headline_figures,
    images_holding,
    known_mean,
    of_every_size,
)

Population = list[tuple[Annotations, list[Detections]]]
SIDES = (2.5, 4.3)  # natural logarithms of the shortest and the longest side in pixels


@dataclass(frozen=True)
class Scene:
    """What simulated images hold, and how skilled the detectors are.

    Attributes:
        rates: mean objects an image, a class each.
        skills: by detector, the share of a class's objects it finds at all, roughly.
    """

    rates: tuple[float, ...]
    skills: tuple[tuple[float, ...], ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes."""
        return tuple(f"class {number}" for number in range(len(self.rates)))


def simulated(random: np.random.Generator, scene: Scene) -> tuple[Annotations, list[Detections]]:
    """Return one image's objects and what each detector finds.

    Some images are hard for all: less is found, worse placed, with more mistakes. Objects lie in
    cells 100 px apart, so that no detection can mean two of them.
    """
    hard = random.normal(0, 0.6)
    boxes, labels = [], []
    for label, rate in enumerate(scene.rates):
        count = min(random.poisson(rate * np.exp(random.normal(0, 0.4))), 60)
        cells = random.choice(100, count, replace=False)
        corners = np.stack([cells % 10, cells // 10], axis=1) * 100.0
        corners += random.uniform(0, 20, (count, 2))
        sides = np.exp(random.uniform(*SIDES, (count, 2)))
        boxes.append(np.hstack([corners, corners + sides]))
        labels.append(np.full(count, label))
    truth = Annotations(np.vstack(boxes), np.concatenate(labels))
    shared = random.normal(0, 0.8, len(truth)) - hard  # how easy an object is for all
    return truth, [
        _detections(random, truth, shared, hard, scene.rates, skill) for skill in scene.skills
    ]


def judged(
    test: Population,
    scene: Scene,
    detector: int,
    counts: NDArray[np.integer],
    figures: Sequence[str],
) -> Resampled:
    """Return some figures of one detector in a simulated test set, once and resampled.

    ``counts`` are ``(B, I)``, how often each image is drawn.
    """
    found = [detections[detector] for _, detections in test]
    given = evaluation_set([truth for truth, _ in test], found, scene.classes)
    known = headline_figures(quality_of(given))
    once = {name: known[name] for name in figures}
    return Resampled(once, of_every_size(given, counts), images_holding(given))


def decisive_in(
    test: Population, scene: Scene, detector: int, counts: NDArray[np.integer]
) -> Resampled:
    """Return mAP@.50 alone of one detector, as `judged` does, at an eighth of its time."""
    found = [detections[detector] for _, detections in test]
    given = evaluation_set([truth for truth, _ in test], found, scene.classes)
    weights = np.vstack([np.ones((1, len(test)), counts.dtype), counts])
    once, *values = known_mean(averages(given.ranked_at(0.5), weights)[0][:, 0])
    return Resampled({DECISIVE: once}, {DECISIVE: np.array(values)}, images_holding(given))


def _detections(
    random: np.random.Generator,
    truth: Annotations,
    shared: Floats,
    hard: float,
    rates: Sequence[float],
    skill: Sequence[float],
) -> Detections:
    ease = shared + random.normal(0, 0.6, len(truth)) + 2 * np.array(skill)[truth.labels] - 0.6
    seen = ease > 0
    sides = np.tile(truth.boxes[:, 2:] - truth.boxes[:, :2], 2)
    moved = truth.boxes + random.normal(0, 0.07 * np.exp(0.4 * hard), sides.shape) * sides
    # At least so many by mistake of each class: of rare ones too little would be wrong otherwise.
    least = 1.5 * min(1.0, 3 / len(rates))
    extra = random.poisson(np.array(rates) * 0.5 * np.exp(0.5 * hard) + least)
    corners = random.uniform(0, 1000, (extra.sum(), 2))
    wrong = np.hstack([corners, corners + np.exp(random.uniform(*SIDES, corners.shape))])
    ranks = [ease[seen] + random.normal(0, 0.7, seen.sum()), random.normal(-0.3, 1, len(wrong))]
    boxes = np.vstack([moved[seen], wrong])
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    labels = np.concatenate([truth.labels[seen], np.repeat(np.arange(len(rates)), extra)])
    return Detections(boxes, 1 / (1 + np.exp(-np.concatenate(ranks))), labels)
