"""The folder of a trained detector: whose it is, and from which score to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from datasets.errors import UserError
from pipelines.evaluation.operating_point import NO_THRESHOLD
from pipelines.runs.folder import METRICS
from pipelines.system.files import write_json

MODEL, OPERATING_POINT = "model.json", "operating_point.json"


class _ModelFile(msgspec.Struct, frozen=True):
    """What ``model.json`` holds."""

    contender: str
    classes: tuple[str, ...]
    pretrained_on: str | None


@dataclass(frozen=True)
class ModelFolder:
    """A trained detector on disk.

    Attributes:
        path: the folder.
        contender: whose it is.
        classes: class names in label order.
        pretrained_on: what the detector had seen before its training, None if nothing.
        run: the run it is part of, None for a folder that was moved away from it.
    """

    path: Path
    contender: str
    classes: tuple[str, ...]
    pretrained_on: str | None
    run: Path | None

    def metrics(self) -> Mapping[str, Any] | None:
        """Return the ``metrics.json`` of the run, None without one."""
        return None if self.run is None else _object(self.run / METRICS)


@dataclass(frozen=True)
class Threshold:
    """A score from which on detections are believed, and where it comes from, as a sentence."""

    score: float
    source: str
    is_chosen: bool = True


def save_model_file(
    folder: Path, contender: str, classes: Sequence[str], pretrained_on: str | None
) -> None:
    """Write into a trained detector's folder whose it is."""
    write_json(
        folder / MODEL,
        msgspec.to_builtins(_ModelFile(contender, tuple(classes), pretrained_on)),
    )


def open_model(path: Path) -> ModelFolder:
    """Return what the folder of a trained detector says of itself.

    Raises:
        UserError: it is no such folder.
    """
    folder = path.resolve()
    try:
        model = msgspec.json.decode((folder / MODEL).read_bytes(), type=_ModelFile)
    except (OSError, ValueError, RecursionError) as error:
        inside = sorted(each.parent for each in path.glob(f"models/*/{MODEL}"))
        hint = f"; it has {' and '.join(map(str, inside))}" if inside else ""
        if (folder / "settings.json").is_file():
            hint = "; it was made by an earlier version: repeat the run with this one"
        raise UserError(
            f"{path}: holds no trained detector; give RUN/models/<contender> of a run{hint}"
        ) from error
    run = folder.parents[1] if len(folder.parents) > 1 else folder
    is_there = folder.parent.name == "models" and (run / METRICS).is_file()
    return ModelFolder(
        folder, model.contender, model.classes, model.pretrained_on, run if is_there else None
    )


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
            point = (metrics or {})["pipelines"][model.contender]["quality"]["operating_point"]
        except (KeyError, TypeError):
            point = None
    score = None if point is None else point.get("threshold")
    if point is None or not isinstance(score, int | float):
        source = (
            f"neither {model.path} nor a run around it says which score is best, so "
            f"{NO_THRESHOLD} is used; give --threshold"
        )
        return Threshold(NO_THRESHOLD, source, is_chosen=False)
    if point.get("chosen_f1") is None:
        source = "nothing right was found on validation, so no score is better; give --threshold"
        return Threshold(float(score), source, is_chosen=False)
    return Threshold(float(score), f"best for F1 on the run's validation split, says {place}")


def _object(path: Path) -> dict[str, Any] | None:
    """Return the object a JSON file holds, None where there is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
