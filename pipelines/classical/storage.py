"""A trained classical detector as files, and back: plain arrays and JSON, no pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from datasets.regular_files import content
from models.array_files import read_arrays
from models.classical.box_regression import BoxRegression
from models.classical.hog import Template, length
from models.classical.linear_svm import LinearSvm
from models.classical.objectness import LENGTH, Objectness
from models.classical.settings import ClassicalSettings
from pipelines.classical.detector import ClassicalDetector
from pipelines.classical.proposals.propose import Proposer
from pipelines.postprocessing.calibration import load_calibration
from pipelines.system.loading import loading

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
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    templates: Annotated[tuple[Template, ...], msgspec.Meta(min_length=1)]
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
        LoadingError: a file is missing, broken, or not of such a detector.
    """
    with loading(folder):
        description = msgspec.json.decode(content(folder / SETTINGS), type=ModelDescription)
        arrays = read_arrays(folder / ARRAYS)
        _check_shapes(description, arrays)

    def part(kind: Callable[..., T], name: str) -> T:
        return kind(**{key[len(name) :]: arrays[key] for key in arrays if key.startswith(name)})

    with loading(folder):
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
            calibration=load_calibration(folder),
        )


def _check_shapes(description: ModelDescription, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that are not of one detector.

    Raises:
        ValueError: one is missing or has another shape.
    """
    colour = description.settings.descriptor == "hog+colour"
    numbers = length(description.templates, colour=colour)
    classes = len(description.classes)
    shapes: dict[str, tuple[int | None, ...]] = {
        "shapes": (None, 2),
        "prior": (None, 4),
        **{f"{part}_weights": (LENGTH, 5) for part in ("first", "second")},
        **{f"{part}_bias": (5,) for part in ("first", "second")},
        "svm_weights": (numbers, classes),
        **{f"svm_{name}": (classes,) for name in ("bias", "slope", "offset")},
        "regression_weights": (classes, numbers, 4),
        "regression_bias": (classes, 4),
    }
    for name, shape in shapes.items():
        found = arrays[name].shape if name in arrays else None
        wanted = None if found is None else zip(found, shape, strict=False)
        if (
            wanted is None
            or len(found or ()) != len(shape)
            or any(size != want for size, want in wanted if want is not None)
        ):
            raise ValueError(f"{name} in {ARRAYS} has the shape {found}, not {shape}")
