"""The folder of a trained detector: which pipeline's it is, and from which score to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.errors import UserError
from models.yolo.settings import YoloSettings
from pipelines.evaluation.operating_point import NO_THRESHOLD
from pipelines.files import write_json
from pipelines.run_folder import METRICS

OPERATING_POINT = "operating_point.json"
# What is in one pipeline's settings.json and not in another's.
TOLD_BY = {"templates": "classical", "input_hw": "yolo"}


@dataclass(frozen=True)
class ModelFolder:
    """A trained detector on disk.

    Attributes:
        path: the folder.
        pipeline: whose it is, ``classical`` or ``yolo``.
        said: its ``settings.json``.
        run: the run it is part of, None for a folder that was moved away from it.
    """

    path: Path
    pipeline: str
    said: Mapping[str, Any]
    run: Path | None

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in label order."""
        return tuple(map(str, self.said["classes"]))

    @property
    def pretrained_on(self) -> str | None:
        """What the network had seen before its training, None if nothing."""
        if self.pipeline != "yolo":
            return None
        return YoloSettings(**self.said.get("settings", {})).pretrained_on

    def metrics(self) -> Mapping[str, Any] | None:
        """Return the ``metrics.json`` of the run, None without one."""
        return None if self.run is None else _object(self.run / METRICS)


@dataclass(frozen=True)
class Threshold:
    """A score from which on detections are believed, and where it comes from, as a sentence."""

    score: float
    source: str
    is_chosen: bool = True


def open_model(path: Path) -> ModelFolder:
    """Return what the folder of a trained detector says of itself.

    Raises:
        UserError: it is no such folder.
    """
    folder = path.resolve()
    said = _object(folder / "settings.json") or {}
    pipelines = [name for key, name in TOLD_BY.items() if key in said and "classes" in said]
    if not pipelines:
        inside = sorted(each.parent for each in path.glob("models/*/settings.json"))
        hint = f"; it has {' and '.join(map(str, inside))}" if inside else ""
        raise UserError(
            f"{path}: holds no trained detector; give RUN/models/<pipeline> of a run{hint}"
        )
    run = folder.parents[1] if len(folder.parents) > 1 else folder
    is_there = folder.parent.name == "models" and (run / METRICS).is_file()
    return ModelFolder(folder, pipelines[0], said, run if is_there else None)


def save_operating_point(folder: Path, point: Mapping[str, Any]) -> None:
    """Write a run's ``operating_point`` beside its detector, so that it goes where that goes."""
    write_json(
        folder / OPERATING_POINT,
        {
            "threshold": point["threshold"],
            "chosen_on": point["chosen_on"],
            "chosen_f1": point["chosen_f1"],
        },
    )


def validated_threshold(model: ModelFolder) -> Threshold:
    """Return the score that was best for F1 on the run's validation split, or 0.5 without one."""
    point, place = _object(model.path / OPERATING_POINT), "the model's folder"
    if point is None:
        metrics, place = model.metrics(), f"{METRICS} of its run"
        try:
            point = (metrics or {})["pipelines"][model.pipeline]["quality"]["operating_point"]
        except (KeyError, TypeError):
            point = None
    score = None if point is None else point.get("threshold")
    if point is None or not isinstance(score, int | float):
        told = (
            f"neither {model.path} nor a run around it says which score is best, so "
            f"{NO_THRESHOLD} is used; give --threshold"
        )
        return Threshold(NO_THRESHOLD, told, is_chosen=False)
    if point.get("chosen_f1") is None:
        told = "nothing right was found on validation, so no score is better; give --threshold"
        return Threshold(float(score), told, is_chosen=False)
    return Threshold(float(score), f"best for F1 on the run's validation split, says {place}")


def _object(path: Path) -> dict[str, Any] | None:
    """Return the object a JSON file holds, None where there is none."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
