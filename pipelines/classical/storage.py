"""A trained classical detector as files, and back: plain arrays and JSON, no pickle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from models.classical.box_regression import BoxRegression
from models.classical.hog import Template
from models.classical.linear_svm import LinearSvm
from models.classical.objectness import Objectness
from models.classical.settings import ClassicalSettings
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.proposals.propose import Proposer

T = TypeVar("T")
ARRAYS, SETTINGS = "arrays.npz", "settings.json"


class ModelDescription(msgspec.Struct, frozen=True):
    """What ``settings.json`` says of the detector beside it.

    Attributes:
        classes: class names in label order.
        limit: most detections an image.
        templates: of the HOG, cells from top to bottom and from left to right.
        settings: it was trained with.
    """

    classes: tuple[str, ...]
    limit: int
    templates: tuple[Template, ...]
    settings: ClassicalSettings


def save_classical(detector: ClassicalDetector, folder: Path) -> None:
    """Write ``arrays.npz`` and ``settings.json`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ARRAYS).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **detector.arrays())
    description = ModelDescription(
        detector.classes, detector.limit, detector.templates, detector.settings
    )
    (folder / SETTINGS).write_bytes(msgspec.json.format(msgspec.json.encode(description)))


def load_classical(folder: Path, threads: int = 1) -> ClassicalDetector:
    """Return the detector saved in the folder.

    Raises:
        OSError: a file is missing.
        ValueError: ``settings.json`` is not that of such a detector, or an array is not plain
            numbers.
    """
    try:
        description = msgspec.json.decode((folder / SETTINGS).read_bytes(), type=ModelDescription)
    except msgspec.DecodeError as error:
        raise ValueError(
            f"{folder / SETTINGS}: not of a classical detector of this version ({error}); "
            "train it again"
        ) from error
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        arrays = dict(file)

    def part(kind: Callable[..., T], name: str) -> T:
        return kind(**{key[len(name) :]: arrays[key] for key in arrays if key.startswith(name)})

    first, second = part(Objectness, "first_"), part(Objectness, "second_")
    return ClassicalDetector(
        classes=description.classes,
        settings=description.settings,
        proposer=Proposer(arrays["shapes"], arrays["prior"], first, second),
        templates=description.templates,
        svm=part(LinearSvm, "svm_"),
        regression=part(BoxRegression, "regression_"),
        limit=description.limit,
        threads=threads,
    )
