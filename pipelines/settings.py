"""All settings of a run as one frozen tree, and which values are possible.

Each algorithm's own settings live beside it; only what the whole run shares is declared here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from msgspec import Meta

from datasets.checked_settings import Checked, Few, check_pattern, converted, is_several, kinds
from datasets.errors import UserError
from datasets.path_names import is_text
from datasets.settings import DatasetSettings
from models.classical.settings import ClassicalSettings
from models.yolo.settings import TransferSettings, YoloSettings

S = TypeVar("S", bound=Checked)
# Of the networks' trainings on the sample: the whole main job in under seven minutes.
SAMPLE_UPDATES, SAMPLE_TRANSFER = 1100, 700
MOST = 1_000_000_000
ENSEMBLE = "ensemble"  # what all contenders together are called
MOST_SEED = 2**31 - 1  # scikit-learn takes twice as many, and studies count on from the run's


@dataclass(frozen=True)
class NamedFile:
    """Another tool's detections: the name they are shown by, and their COCO results file."""

    name: str
    path: str


@dataclass(frozen=True)
class EvaluationSettings(Checked):
    """Settings reached by ``--set evaluation.<name>=<value>``."""

    PREFIX: ClassVar[str] = "evaluation."

    # Calls timed; the least for a 90th percentile, 662 give the 99th.
    latency_samples: Annotated[int, Meta(ge=1, le=1_000_000)] = 64
    # Calls left out first: caches and lazy set-up settle within two.
    warm_up: Annotated[int, Meta(ge=0, le=1_000_000)] = 3
    # Spent on each size of batch.
    throughput_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 1.0
    # Which decides who is better: in the headline, the axes and the choice.
    figure: Literal["map_50", "map_50_95"] = "map_50"
    # mAP@.50: where even the best contender's 95 % interval lies below, none can be used yet.
    useful_map_50: Annotated[float, Meta(ge=0, le=1)] = 0.2
    # Images at once, 1 among them.
    throughput_batches: Few[Annotated[int, Meta(ge=1, le=4096)]] = (1, 2, 4, 8, 16)

    def __post_init__(self) -> None:
        """Check each field.

        Raises:
            UserError: a value can't be used.
        """
        super().__post_init__()
        if 1 not in self.throughput_batches:
            raise UserError("evaluation.throughput_batches must have 1 among them")


@dataclass(frozen=True)
class ConditionsSettings(Checked):
    """Settings reached by ``--set conditions.<name>=<value>``.

    Attributes:
        slice: pattern of what in file names test images share that are looked at by themselves, as
            the camera's name in ``(cam[0-9])_``; empty for none.
    """

    PREFIX: ClassVar[str] = "conditions."

    slice: str = ""

    def __post_init__(self) -> None:
        """Check each field.

        Raises:
            UserError: a value can't be used.
        """
        super().__post_init__()
        check_pattern("conditions.slice", self.slice, "(cam[0-9])_")


@dataclass(frozen=True)
class DecisionSettings(Checked):
    """What mistakes cost, reached by ``--set decision.<name>=<value>``; all in one unit.

    Where any is given thresholds are those that cost least, and not those with the best F1. Of
    those that are not given a mistake costs 1 and a second nothing.

    Attributes:
        miss_cost: of an object that is not found.
        false_alarm_cost: of a detection that is wrong.
        second_cost: of a second on this machine.
    """

    PREFIX: ClassVar[str] = "decision."

    miss_cost: Annotated[float, Meta(ge=0, le=MOST)] | None = None
    false_alarm_cost: Annotated[float, Meta(ge=0, le=MOST)] | None = None
    second_cost: Annotated[float, Meta(ge=0, le=MOST)] | None = None

    @property
    def given(self) -> tuple[float, float, float] | None:
        """The three costs, None where none was given."""
        costs = self.miss_cost, self.false_alarm_cost, self.second_cost
        if all(cost is None for cost in costs):
            return None
        miss, alarm, second = costs
        return 1.0 if miss is None else miss, 1.0 if alarm is None else alarm, second or 0.0


@dataclass(frozen=True)
class RunSettings(Checked):
    """Everything that decides a run's figures, and how many pictures it leaves.

    Attributes:
        dataset: a folder, or ``sample``.
        format: of the annotations, or ``auto``.
        pipelines: which to train and compare, in this order.
        seed: of everything left to chance.
        repeats: how often each contender is trained, each time from another seed.
        epochs: of each network's training; None for the default number of updates.
        train_minutes: of each network's training, by the clock; None for the default.
        image_size: longer side of the networks' input in pixels, None to choose it from the data.
        limit: most images a split, None for all.
        annotate: how many test images to draw.
        ensemble: judge all contenders' joined detections too, as one more column.
        data: choices about the data, named ``dataset.…`` where a user sets one.
        detections: of other tools, to be scored beside.
    """

    PREFIX: ClassVar[str] = "--"

    dataset: Annotated[str, Meta(pattern=r"^[^\0]*$")] = "sample"
    format: str = "auto"
    pipelines: Few[str] = ("classical", "yolo", "transfer")
    device: Literal["auto", "cpu", "gpu"] = "auto"
    seed: Annotated[int, Meta(ge=0, le=MOST_SEED)] = 0
    repeats: Annotated[int, Meta(ge=1, le=20)] = 1
    epochs: Annotated[int, Meta(ge=1, le=MOST)] | None = None
    train_minutes: Annotated[float, Meta(gt=0, le=MOST)] | None = None
    image_size: Annotated[int, Meta(ge=32, le=8192, multiple_of=32)] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] | None = None
    annotate: Annotated[int, Meta(ge=0, le=MOST)] = 100
    ensemble: bool = False
    data: DatasetSettings = field(default_factory=DatasetSettings)
    detections: Few[NamedFile] = ()
    classical: ClassicalSettings = field(default_factory=ClassicalSettings)
    yolo: YoloSettings = field(default_factory=YoloSettings)
    transfer: TransferSettings = field(default_factory=TransferSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    conditions: ConditionsSettings = field(default_factory=ConditionsSettings)
    decision: DecisionSettings = field(default_factory=DecisionSettings)

    def __post_init__(self) -> None:
        """Check each field, and those that depend on each other.

        Raises:
            UserError: a value can't be used.
        """
        super().__post_init__()
        if self.epochs is not None and self.train_minutes is not None:
            raise UserError("--epochs and --train-minutes exclude each other; give one")
        if not self.pipelines or len(set(self.pipelines)) < len(self.pipelines):
            raise UserError("--pipelines takes at least one contender, each once")

    @property
    def further_seeds(self) -> tuple[int, ...]:
        """The seeds of trainings behind the first."""
        return seeds_from(self.seed, self.repeats)[1:]


@dataclass(frozen=True)
class ScoringSettings(Checked):
    """Which files of detections are scored against a COCO ``ground_truth``, and how.

    Attributes:
        iou: one more IoU to give mAP at, None for COCO's only.
        inclusive_pixels: boxes end with their last pixel.
        seed: of the resamples.
    """

    PREFIX: ClassVar[str] = "--"

    ground_truth: str
    detections: Few[NamedFile]
    iou: Annotated[float, Meta(gt=0, le=1)] | None = None
    inclusive_pixels: bool = False
    seed: Annotated[int, Meta(ge=0, le=MOST_SEED)] = 0


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """Return so many seeds, which count on from the first."""
    return tuple((first + place) % (MOST_SEED + 1) for place in range(count))


def named_file(text: str) -> NamedFile:
    """Return what ``name=det.json`` names.

    Raises:
        UserError: it is not written so.
    """
    name, equals, path = text.partition("=")
    if not (equals and path and re.fullmatch(r"[\w-]+", name) and is_text(path)):
        raise UserError(
            f"--detections takes NAME=FILE, as mine=det.json, not {text!r}; a name is made of "
            "letters, digits, _ and -, and the file's in UTF-8"
        )
    return NamedFile(name, path)


def with_setting(settings: S, assignment: str) -> S:
    """Return the settings with one changed, as ``classical.proposals=300``.

    Raises:
        UserError: there is no such setting, or it can't have that value.
    """
    name, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set takes NAME=VALUE, not {assignment!r}")
    path = name.split(".")
    if path[0] == "dataset" and len(path) > 1:  # a field of that name already is the folder
        path[0] = "data"
    return _changed(settings, path, text, name)


def _changed(settings: S, path: list[str], text: str, name: str) -> S:
    known = kinds(type(settings))
    head, *rest = path
    if head not in known:
        raise UserError(f"no setting {name!r}; known here: {', '.join(sorted(known))}")
    if is_dataclass(known[head]) != bool(rest):
        raise UserError(f"{name!r} is not one setting; name it as in classical.proposals=300")
    if rest:
        value: Any = _changed(getattr(settings, head), rest, text, name)
    else:
        value = converted(known[head], _readable(known[head], text), name, strict=False)
    return replace(settings, **{head: value})


def _readable(kind: Any, text: str) -> str | list[str] | None:
    """Return a text of the command line as msgspec reads such a value."""
    if type(None) in get_args(kind) and text.lower() == "none":
        return None
    if is_several(kind):
        return [part for part in text.split(",") if part]
    if kind is bool:
        return {"yes": "true", "no": "false"}.get(text.lower(), text)
    return text


def completed(settings: RunSettings) -> RunSettings:
    """Return the settings with the sample set's own, shorter trainings, where none was asked."""
    if settings.dataset != "sample" or settings.epochs or settings.train_minutes:
        return settings
    yolo, transfer = settings.yolo, settings.transfer
    return replace(
        settings,
        yolo=yolo if yolo.updates else replace(yolo, updates=SAMPLE_UPDATES),
        transfer=transfer if transfer.updates else replace(transfer, updates=SAMPLE_TRANSFER),
    )


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
    short: dict[str, Any] = {"batch": 8, "learning_rate": 8e-3, "ema": 0.97, "validations": 1}
    yolo = replace(settings.yolo, updates=320, **short)
    transfer = replace(settings.transfer, updates=80, frozen=1.0, **short)
    evaluation = replace(settings.evaluation, throughput_seconds=0.2, throughput_batches=(1,))
    groups = replace(
        settings, classical=classical, yolo=yolo, transfer=transfer, evaluation=evaluation
    )
    return replace(groups, image_size=128, annotate=8)
