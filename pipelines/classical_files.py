"""A trained classical detector as files, and back: plain arrays and JSON, no pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.box_regression import BoxRegression
from models.linear_svm import LinearSvm
from models.objectness import Objectness
from pipelines.classical import OBJECTNESSES, SVM_ARRAYS, ClassicalDetector
from pipelines.classical_settings import ClassicalSettings
from pipelines.proposals.propose import Proposer

ARRAYS, SETTINGS = "arrays.npz", "settings.json"


def save_classical(detector: ClassicalDetector, folder: Path) -> None:
    """Write ``arrays.npz`` and ``settings.json`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = detector.arrays()
    np.savez_compressed(folder / ARRAYS, **arrays)
    said = {
        "classes": list(detector.classes),
        "limit": detector.limit,
        "templates": [list(template) for template in detector.templates],
        "settings": asdict(detector.settings),
    }
    (folder / SETTINGS).write_text(json.dumps(said, indent=2), encoding="utf-8")


def load_classical(folder: Path, jobs: int = 1) -> ClassicalDetector:
    """Return the detector saved in the folder.

    Raises:
        OSError: a file is missing.
        ValueError: an array is not plain numbers.
    """
    said = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return ClassicalDetector(
            classes=tuple(said["classes"]),
            settings=_settings(said["settings"]),
            proposer=Proposer(
                arrays["shapes"],
                arrays["prior"],
                *(Objectness(arrays[f"{n}_weights"], arrays[f"{n}_bias"]) for n in OBJECTNESSES),
            ),
            templates=tuple((rows, columns) for rows, columns in said["templates"]),
            svm=LinearSvm(**{name: arrays[f"svm_{name}"] for name in SVM_ARRAYS}),
            regression=BoxRegression(arrays["regression_weights"], arrays["regression_bias"]),
            limit=said["limit"],
            jobs=jobs,
        )


def _settings(said: dict[str, Any]) -> ClassicalSettings:
    """Return the settings of a JSON file, where tuples are lists."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    return ClassicalSettings(**values)
