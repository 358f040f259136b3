"""The classical pipeline as a contender: trained into a folder and loaded from it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detector, FeatureSource, Image
from pipelines.evaluation.oracles import Oracle
from pipelines.system.runtime import Device
from pipelines.training import (
    MiningRound,
    Model,
    TrainedContender,
    Training,
    TrainingJob,
    Validation,
    unchosen,
)


def train(job: TrainingJob) -> TrainedContender:
    """Train the detector, save it into the job's folder and return how it went.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    from pipelines.classical.storage import save_classical
    from pipelines.classical.training import train_classical

    started = time.monotonic()
    history: list[Validation] = []
    rounds: list[MiningRound] = []
    detector = train_classical(
        job.dataset.splits["train"],
        job.dataset.splits["val"],
        job.dataset.classes,
        job.settings.classical,
        job.settings.seed,
        job.track,
        threads=job.threads,
        on_validation=lambda figure: history.append(Validation(time.monotonic() - started, figure)),
        on_round=rounds.append,
    )
    save_classical(detector, job.folder)
    reasons = unchosen(history, "the last round of mining, C and the moving of boxes as set")
    for reason in reasons.values():
        print(f"  classical: {reason}", file=sys.stderr)
    return TrainedContender(
        Training(
            seconds=time.monotonic() - started,
            history=tuple(history),
            rounds=tuple(rounds),
            reasons=reasons,
        ),
        Model(parameters=detector.parameters),
    )


def load(folder: Path, device: Device, threads: int) -> Detector:
    """Return the detector saved in the folder; it always works on the CPU."""
    from pipelines.classical.storage import load_classical

    del device
    return load_classical(folder, threads=threads)


def load_each(folder: Path, device: Device, threads: int) -> Sequence[Detector]:
    """Return the one detector as often as there are threads: it only reads its arrays."""
    return [load(folder, device, 1)] * threads


def hog_weights(folder: Path) -> Callable[[Image, NDArray[np.float64], int], NDArray[np.float64]]:
    """Return what maps a detection's margin back to pixels, for the detector in the folder."""
    from pipelines.classical import hog_weights
    from pipelines.classical.storage import load_classical

    return partial(hog_weights.hog_weights, load_classical(folder))


def matrix_products(folder: Path, image: Image) -> Callable[[], object]:
    """Return a function that only does the matrix products of detecting in the image."""
    from pipelines.classical import matrix_products
    from pipelines.classical.storage import load_classical

    return matrix_products.matrix_products(load_classical(folder), image)


def oracles(detector: Detector) -> tuple[Oracle, ...]:
    """Return the oracles for the parts of a detector that was loaded here."""
    from pipelines.classical.oracles import oracles_of

    return oracles_of(detector)


def features(folder: Path, threads: int) -> FeatureSource:
    """Return the boxes and features of the detector saved in the folder."""
    from pipelines.classical.features import feature_source

    return feature_source(folder, threads)
