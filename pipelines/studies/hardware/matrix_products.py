"""Which share of a detector's time goes into matrix products, the work that GPUs are made for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models.classical.objectness import GRADIENTS, LENGTH
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.proposals.propose import WINDOWS, Search
from pipelines.classical.proposals.windows import all_windows
from pipelines.detections import Image, recorded

if TYPE_CHECKING:
    import keras

REPEATED = 5


def classical_products_ms(detector: ClassicalDetector, image: Image) -> float:
    """Return the milliseconds of all matrix products of one detection, done alone once more.

    These are the windows' and candidates' objectness, the SVMs' margins and the steps of the box
    regression, at each refinement step.
    """
    _, proposed, described, scored, *_ = recorded(detector.stages, image)
    searched: Search = proposed.searched
    grids = [
        (gradients, colours)
        for _, gradients, colours in all_windows(
            searched.levels, *searched.size, detector.proposer.shapes
        )
    ]
    first = detector.proposer.first.weights[:, 0]
    slopes = first[:GRADIENTS].reshape(-1, grids[0][0].shape[2]).T
    hues = first[GRADIENTS:].reshape(-1, grids[0][1].shape[2]).T
    views = np.ones((WINDOWS, LENGTH), np.float32)
    features = described.features.astype(np.float32)
    again = features[scored.rows]
    steps = detector.settings.refinement_steps if detector.settings.regression else 0

    def products() -> None:
        for gradients, colours in grids:
            gradients @ slopes
            colours @ hues
        views @ detector.proposer.second.weights
        views @ detector.proposer.second.weights[:, 0]
        detector.svm.margins(features)
        for step in range(steps):
            if step:
                detector.svm.margins(again)
            for label in np.unique(scored.labels):
                again[scored.labels == label] @ detector.regression.weights[label]

    return _fastest_ms(products)


def convolutions_ms(network: keras.Model) -> float:
    """Return the milliseconds of all convolutions of one image, done alone one after the other."""
    import keras
    import tensorflow as tf

    convolutions = [each for each in network.layers if isinstance(each, keras.layers.Conv2D)]
    random = np.random.default_rng(0)
    inputs = [
        tf.constant(random.normal(size=(1, *each.input.shape[1:])).astype(np.float32))
        for each in convolutions
    ]

    @tf.function  # type: ignore[untyped-decorator]
    def products(given: list[Any]) -> list[Any]:
        return [
            tf.nn.conv2d(x, each.kernel.value, each.strides, "SAME")
            for x, each in zip(given, convolutions, strict=True)
        ]

    return _fastest_ms(lambda: [x.numpy() for x in products(inputs)[-1:]])


def _fastest_ms(work: Callable[[], object]) -> float:
    """Return the least milliseconds of several calls, the first left out."""
    work()
    taken = []
    for _ in range(REPEATED):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 1000 * min(taken)
