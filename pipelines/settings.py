"""All settings of a run as one frozen tree, changed by name and checked by type.

Each algorithm's own settings live beside it; only what the whole run shares is declared here.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from datasets.settings import DatasetSettings
from models.yolo.settings import YoloSettings
from pipelines.classical_settings import ClassicalSettings

PIPELINES = ("classical", "yolo")
SAMPLE_UPDATES = 1500  # of the YOLO training: the whole main job in under five minutes
S = TypeVar("S")


class SettingsError(Exception):
    """A setting has no such name or can't have that value; the message says which can."""


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings reached by ``--set evaluation.<name>=<value>``."""

    latency_samples: int = 64  # calls timed; the least for a 90th percentile, 662 give the 99th
    warm_up: int = 3  # calls left out first: caches and lazy set-up settle within two
    throughput_seconds: float = 1.0  # spent on each size of batch
    throughput_batches: tuple[int, ...] = (1, 2, 4, 8, 16)  # images at once, 1 among them


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides a run's figures, and how many pictures it leaves.

    Attributes:
        dataset: a folder, or ``sample``.
        format: of the annotations, or ``auto``.
        pipelines: which to train and compare, in this order.
        device: ``auto``, ``cpu`` or ``gpu``.
        seed: of everything left to chance.
        epochs: of the YOLO training; None for the default number of updates.
        train_minutes: of the YOLO training, by the clock; None for the default.
        image_size: longer side of the YOLO input in pixels, None to choose it from the data.
        limit: most images a split, None for all.
        annotate: how many test images to draw.
        data: choices about the data, named ``dataset.…`` where a user sets one.
        detections: of other tools, to be scored beside, each as ``name=det.json``.
    """

    dataset: str = "sample"
    format: str = "auto"
    pipelines: tuple[str, ...] = PIPELINES
    device: str = "auto"
    seed: int = 0
    epochs: int | None = None
    train_minutes: float | None = None
    image_size: int | None = None
    limit: int | None = None
    annotate: int = 100
    data: DatasetSettings = field(default_factory=DatasetSettings)
    detections: tuple[str, ...] = ()
    classical: ClassicalSettings = field(default_factory=ClassicalSettings)
    yolo: YoloSettings = field(default_factory=YoloSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)


def checked(settings: RunSettings) -> RunSettings:
    """Return the settings if their values are possible.

    Raises:
        SettingsError: one is not, in one sentence.
    """
    rules = [
        (settings.epochs is None or settings.epochs > 0, "--epochs must be at least 1"),
        (
            settings.train_minutes is None or 0 < settings.train_minutes < float("inf"),
            "--train-minutes must be more than 0",
        ),
        (
            settings.epochs is None or settings.train_minutes is None,
            "--epochs and --train-minutes exclude each other; give one",
        ),
        (
            settings.image_size is None
            or (settings.image_size > 0 and settings.image_size % 32 == 0),
            f"--image-size must be a multiple of 32, not {settings.image_size}",
        ),
        (settings.limit is None or settings.limit > 0, "--limit must be at least 1"),
        (settings.annotate >= 0, "--annotate must be 0 or more"),
        (settings.seed >= 0, "--seed must be 0 or more"),
        (settings.device in {"auto", "cpu", "gpu"}, "--device is auto, cpu or gpu"),
        (
            bool(settings.pipelines) and set(settings.pipelines) <= set(PIPELINES),
            f"--pipelines takes {' and '.join(PIPELINES)}, each once",
        ),
        (
            len(set(settings.pipelines)) == len(settings.pipelines),
            "--pipelines names one of them twice",
        ),
        (
            settings.evaluation.latency_samples > 0 and settings.evaluation.warm_up >= 0,
            "evaluation.latency_samples must be at least 1 and evaluation.warm_up 0 or more",
        ),
        (
            1 in settings.evaluation.throughput_batches,
            "evaluation.throughput_batches must have 1 among them",
        ),
        (
            settings.yolo.flips in {"auto", "none", "horizontal", "all"},
            "yolo.flips is auto, none, horizontal or all",
        ),
        (
            settings.yolo.batch > 0 and settings.yolo.width >= 2 and settings.yolo.depth >= 1,
            "yolo.batch and yolo.depth must be at least 1 and yolo.width at least 2",
        ),
        (not settings.data.why_impossible(), settings.data.why_impossible()),
    ]
    for holds, sentence in rules:
        if not holds:
            raise SettingsError(sentence)
    return settings


def completed(settings: RunSettings) -> RunSettings:
    """Return the settings with the sample set's own, shorter YOLO training, if none was asked."""
    asked = settings.yolo.updates or settings.epochs or settings.train_minutes
    if settings.dataset != "sample" or asked:
        return settings
    return replace(settings, yolo=replace(settings.yolo, updates=SAMPLE_UPDATES))


def quickened(settings: RunSettings) -> RunSettings:
    """Return the settings of a minute-sized run: short training of a small input, few pictures.

    Whoever sets one of these values as well is obeyed, since options and ``--set`` come after.
    """
    classical = replace(
        settings.classical,
        proposals=200,
        grabcut_sizes=(64,),
        window_shapes=6,
        moved_copies=2,
        mining_rounds=0,
        c_factors=(),
    )
    yolo = replace(
        settings.yolo,
        batch=8,
        updates=320,
        learning_rate=8e-3,
        ema=0.97,
        validations=1,
    )
    evaluation = replace(settings.evaluation, throughput_seconds=0.2, throughput_batches=(1,))
    return replace(
        settings,
        image_size=128,
        annotate=8,
        classical=classical,
        yolo=yolo,
        evaluation=evaluation,
    )


def with_setting(settings: S, assignment: str) -> S:
    """Return the settings with one changed, as ``classical.proposals=300``.

    Raises:
        SettingsError: no such setting, or a value of another type.
    """
    name, equals, text = assignment.partition("=")
    if not equals:
        raise SettingsError(f"--set takes NAME=VALUE, not {assignment!r}")
    path = name.split(".")
    if path[0] == "dataset" and len(path) > 1:  # a field of that name already is the folder
        path[0] = "data"
    return _changed(settings, path, text, name)


def from_json(kind: type[S], values: object, name: str = "settings") -> S:
    """Return settings of that kind from what `to_json` gave; what is missing has its default.

    Raises:
        SettingsError: a name is unknown or a value has another type.
    """
    if not isinstance(values, Mapping):
        raise SettingsError(f"{name} must be an object of names and values")
    hints = get_type_hints(kind)
    unknown = sorted(set(map(str, values)) - set(hints))
    if unknown:
        raise SettingsError(f"{name} has no setting {unknown[0]!r}; known: {', '.join(hints)}")
    made = {
        key: from_json(hints[key], value, f"{name}.{key}")
        if is_dataclass(hints[key])
        else _from_value(hints[key], value, f"{name}.{key}")
        for key, value in values.items()
    }
    return kind(**made)


def to_json(settings: RunSettings) -> dict[str, Any]:
    """Return the settings as plain values for a JSON file."""
    return asdict(settings)


def _changed(settings: S, path: list[str], text: str, name: str) -> S:
    known = {f.name for f in fields(settings)}  # type: ignore[arg-type]
    head, *rest = path
    if head not in known:
        raise SettingsError(f"no setting {name!r}; known here: {', '.join(sorted(known))}")
    old = getattr(settings, head)
    if is_dataclass(old) != bool(rest):
        raise SettingsError(f"{name!r} is not one setting; name it as in classical.proposals=300")
    kind = get_type_hints(type(settings))[head]
    new = _changed(old, rest, text, name) if rest else _from_text(kind, text, name)
    return replace(settings, **{head: new})  # type: ignore[type-var]


def _from_text(kind: Any, text: str, name: str) -> Any:
    """Return the value of a setting as written on the command line."""
    if get_origin(kind) in {Union, types.UnionType}:
        if text.lower() == "none":
            return None
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    if get_origin(kind) is tuple:
        return tuple(_from_text(get_args(kind)[0], t, name) for t in text.split(",") if t)
    if kind is bool:
        truths = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() in truths:
            return truths[text.lower()]
        raise SettingsError(f"{name} is true or false, not {text!r}")
    try:
        return kind(text)
    except ValueError as error:
        raise SettingsError(f"{name} takes {_article(kind)}, not {text!r}") from error


def _from_value(kind: Any, value: object, name: str) -> Any:
    """Return the value of a setting as read from JSON."""
    if get_origin(kind) in {Union, types.UnionType}:
        if value is None:
            return None
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return tuple(_from_value(get_args(kind)[0], item, name) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is kind:
        return value
    raise SettingsError(f"{name} takes {_article(kind)}, not {value!r}")


def _article(kind: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return names.get(kind, "a list")
