"""The matrix products of one detection of the classical pipeline, the work GPUs are made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.classical.objectness import GRADIENTS, LENGTH
from pipelines.classical.detector import ClassicalDetector, ClassifiedBoxes
from pipelines.classical.proposals.propose import WINDOWS, Search
from pipelines.classical.proposals.windows import all_windows
from pipelines.detections import Image, run_stages


def matrix_products(detector: ClassicalDetector, image: Image) -> Callable[[], None]:
    """Return a function that only does the matrix products of detecting in an image.

    These are the windows' and candidates' objectness, the SVMs' margins and the steps of the box
    regression, at each refinement step.
    """
    results: dict[str, Any] = {}
    run_stages(detector.stages, image, look=results.__setitem__)
    searched: Search = results["proposals"].searched
    classified: ClassifiedBoxes = results["classifier"]
    shapes = detector.proposer.shapes
    grids = [cells for _, *cells in all_windows(searched.levels, *searched.size, shapes)]
    first, second = (part.weights for part in (detector.proposer.first, detector.proposer.second))
    slopes = first[:GRADIENTS, 0].reshape(-1, grids[0][0].shape[2]).T
    hues = first[GRADIENTS:, 0].reshape(-1, grids[0][1].shape[2]).T
    views = np.ones((WINDOWS, LENGTH), np.float32)
    features = results["features"].features.astype(np.float32)
    again = features[classified.rows]
    steps = detector.settings.refinement_steps if detector.settings.regression else 0

    def products() -> None:
        for gradients, colours in grids:
            gradients @ slopes
            colours @ hues
        views @ second
        views @ second[:, 0]
        detector.svm.margins(features)
        for step in range(steps):
            if step:
                detector.svm.margins(again)
            for label in np.unique(classified.labels):
                again[classified.labels == label] @ detector.regression.weights[label]

    return products
