"""The folder of a trained detector: whose it is, and from which score to believe it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from datasets.errors import UserError
from datasets.path_names import real_path
from datasets.regular_files import content
from pipelines.evaluation import undefined
from pipelines.evaluation.operating_point import NO_THRESHOLD, ChosenBy, OperatingPoint
from pipelines.evaluation.undefined import Number
from pipelines.runs.metrics import METRICS
from pipelines.system.files import write_json

MODEL, OPERATING_POINT = "model.json", "operating_point.json"


class _ModelFile(msgspec.Struct, frozen=True):
    """What ``model.json`` holds."""

    contender: str
    classes: tuple[str, ...]
    pretrained_on: str | None


class _PointFile(msgspec.Struct, frozen=True):
    """What ``operating_point.json`` holds."""

    threshold: float
    chosen_on: str
    chosen_f1: Number
    chosen_by: ChosenBy = "F1"


class ModelFolder(_ModelFile, frozen=True, kw_only=True):
    """A trained detector on disk: whose it is, of which classes, and what it had seen before.

    Its ``run`` is the one it is part of, None for a folder that was moved away from it.
    """

    path: Path
    run: Path | None


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
    model = _ModelFile(contender, tuple(classes), pretrained_on)
    write_json(folder / MODEL, msgspec.to_builtins(model))


def open_model(path: Path) -> ModelFolder:
    """Return what the folder of a trained detector says of itself.

    Raises:
        UserError: it is no such folder.
    """
    folder = real_path(path)
    try:
        model = msgspec.json.decode(content(folder / MODEL), type=_ModelFile)
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
    fields = msgspec.structs.asdict(model)
    return ModelFolder(path=folder, run=run if is_there else None, **fields)


def save_operating_point(folder: Path, point: OperatingPoint) -> None:
    """Write a run's operating point beside its detector, so that it goes where that goes."""
    values = _PointFile(point.threshold, point.chosen_on, point.chosen_f1, point.chosen_by)
    write_json(folder / OPERATING_POINT, undefined.plain(values))


def validated_threshold(model: ModelFolder) -> Threshold:
    """Return the score that was chosen on the run's validation split, or 0.5 without one."""
    try:
        point = undefined.decode(content(model.path / OPERATING_POINT), _PointFile)
    except (OSError, ValueError, RecursionError):
        return Threshold(
            NO_THRESHOLD,
            f"{model.path} does not say which score is best, so {NO_THRESHOLD} is used; give "
            "--threshold",
            is_chosen=False,
        )
    if point.chosen_by == "cost":
        source = f"what mistakes cost was least on the run's {point.chosen_on} split"
        return Threshold(point.threshold, source)
    if math.isnan(point.chosen_f1):
        source = "nothing right was found on validation, so no score is better; give --threshold"
        return Threshold(point.threshold, source, is_chosen=False)
    return Threshold(point.threshold, f"best for F1 on the run's {point.chosen_on} split")
