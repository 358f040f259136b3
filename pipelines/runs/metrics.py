"""What ``metrics.json`` holds, typed: written, read and checked for its version here alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from datasets.annotations import Duplicate
from datasets.checked_settings import from_json
from datasets.errors import UserError
from datasets.regular_files import content
from pipelines.evaluation import undefined
from pipelines.evaluation.reliability import Reliability
from pipelines.evaluation.report_card import FullQuality
from pipelines.evaluation.resampling import DECISIVE, LABELS
from pipelines.evaluation.significance import Difference
from pipelines.evaluation.timing import Latency, Throughput
from pipelines.evaluation.undefined import Number
from pipelines.postprocessing.calibration import Calibration
from pipelines.runs.decision import Decision
from pipelines.settings import RunSettings, ScoringSettings
from pipelines.system.files import write_text
from pipelines.system.pace import Moment
from pipelines.system.runtime import Environment
from pipelines.training import Model, Training

METRICS = "metrics.json"
TIMING = "timing"  # among what was done while the machine's pace was noted
SCHEMA_VERSION = 3


class SplitSize(msgspec.Struct, frozen=True):
    """How much is in a split; ``groups`` are as many as images that are independent, if known."""

    images: int
    boxes: int
    groups: int | None = None


class Duplicates(msgspec.Struct, frozen=True):
    """Images that are in the set more than once, or look nearly the same.

    ``across_splits`` counts the pairs that lie in two splits, by the two; ``left_out_of_test`` the
    images taken out of the test split for it.
    """

    across_splits: Mapping[str, int]
    left_out_of_test: int
    pairs: tuple[Duplicate, ...]


class DatasetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The images a run was made of.

    Attributes:
        classes: names in label order.
        splits: their sizes; ``test`` is always there.
        split_sha256: of names and annotations by split, empty for a ground truth file.
        found: what was found in the folder, as a sentence.
        problems: each thing repaired, left out or worth knowing.
        problem_counts: how many there are of each kind.
        duplicates: None for a ground truth file.
        training_objects: in the training split by class, empty for a ground truth file.
    """

    name: str
    format: str
    classes: tuple[str, ...]
    splits: Mapping[str, SplitSize]
    split_sha256: str = ""
    found: str = ""
    problems: tuple[str, ...] = ()
    problem_counts: Mapping[str, int] = {}
    duplicates: Duplicates | None = None
    training_objects: Mapping[str, int] = {}


class Memory(msgspec.Struct, frozen=True):
    """The most memory a contender's processes held, MiB; None on a GPU that was not used.

    The first two while training, the others while detecting.
    """

    peak_rss: float
    peak_gpu: float | None
    detecting_peak_rss: float
    detecting_peak_gpu: float | None


class ProposalShares(msgspec.Struct, frozen=True):
    """What proposed: of the true positives at the operating point, the share of GrabCut's."""

    grabcut_share: Number


class ScoreCalibration(msgspec.Struct, frozen=True):
    """A detector's last step, and how reliable its scores on the test split would be without it."""

    fitted: Calibration
    before: Reliability


class Trainings(msgspec.Struct, frozen=True):
    """What each training of a contender took and reached, in the order of their seeds.

    Attributes:
        seeds: the first is the run's, whose model is kept.
        seconds: each took; nan for one that a cluster made, whose machine is another.
        figures: of all classes together and of each, on the test images, by name.
    """

    seeds: tuple[int, ...]
    seconds: tuple[Number, ...]
    figures: Mapping[str, tuple[Number, ...]]


class DetectorMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one detector; what only a contender has is None for another tool's file.

    Attributes:
        quality: means where there were several trainings, see `judge_trainings`.
        trainings: each of several; None where there was one. Whatever else is here is of the first.
        latency_ms: timed in turns with the others, image by image.
        latency_alone_ms: timed without them, after that.
        proposals: of a detector that knows what proposed its detections.
        calibration: of one whose last step that is.
    """

    quality: FullQuality
    training: Training | None = None
    model: Model | None = None
    memory_mb: Memory | None = None
    latency_ms: Latency | None = None
    latency_alone_ms: Latency | None = None
    throughput: Throughput | None = None
    proposals: ProposalShares | None = None
    calibration: ScoreCalibration | None = None
    trainings: Trainings | None = None

    @property
    def pretrained_on(self) -> str | None:
        """What the detector had seen before its training, None if nothing is known of it."""
        return None if self.model is None else self.model.pretrained_on

    @property
    def kept_map_50(self) -> float:
        """The mAP@.50 of the model that is kept, which is the first training's."""
        each = self.trainings
        return self.quality.map_50 if each is None else each.figures["map_50"][0]


class DecisiveFigures(msgspec.Struct, frozen=True):
    """The figure that decides who is better, on other images than all of the test split.

    Attributes:
        images: how many they are; without any there are no figures.
        values: by detector.
        interval_95: of them.
        comparison: ``<a>_minus_<b>``, then the difference.
        trainings: each one's of a contender that was trained several times, by contender.
    """

    images: int = 0
    values: Mapping[str, Number] = {}
    interval_95: Mapping[str, tuple[Number, Number]] = {}
    comparison: Mapping[str, Difference] = {}
    trainings: Mapping[str, tuple[Number, ...]] = {}

    def each(self, name: str) -> tuple[float, ...]:
        """Return each training's figure, none of a detector that was trained once."""
        return self.trainings.get(name, ())

    def difference(self, first: str, second: str) -> Difference | None:
        """Return how much more the first of two detectors has, None if not known."""
        if (there := f"{first}_minus_{second}") in self.comparison:
            return self.comparison[there]
        back = self.comparison.get(f"{second}_minus_{first}")
        return None if back is None else back.turned()


class AxisResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the study of one axis gave.

    Attributes:
        question: that was asked.
        answers: by contender, with intervals.
        verdict: the conclusion, as a sentence.
        favours: the contender it speaks for, or ``neither``.
        sureness: how surely, in words with a figure.
        cells: what was measured, a row each, with the columns of the axis.
        figures: of the axis alone, as crossovers and curves; ``slices`` of the test images have
            their ``name`` and ``places``.
        tables: further ones for readers, by title: texts by column.
        left_out: cells there was no time for.
        budget_minutes: that all axes together were allowed.
    """

    question: str
    answers: Mapping[str, str]
    verdict: str
    favours: str
    sureness: str
    cells: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Any] = {}
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0
    budget_minutes: float = 0.0
    tables: Mapping[str, tuple[Mapping[str, str], ...]] = {}


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """All of a run: it trained and has ``settings``, or scored files and has ``scoring``.

    Attributes:
        pipelines: figures by the detector's name.
        comparison: ``<a>_minus_<b>``, then differences by figure.
        validation: the decisive figure on the validation split, on which training was chosen; None
            for files that were scored.
        new_images: the same on the test images that look like none of train or val; None where all
            of them do.
        axes: those studied.
        choice: which contender to choose, from all axes, empty without any.
        pace: how fixed work went before, between and after what is timed, by that.
        left_out: contenders that were asked for and could not take part, with the reason; the
            settings have the others alone.
        decision: what contenders' mistakes come to; None for files that were scored, and in runs of
            earlier versions.
    """

    schema_version: int = SCHEMA_VERSION
    dataset: DatasetSummary
    environment: Environment
    settings: RunSettings | None = None
    scoring: ScoringSettings | None = None
    pipelines: Mapping[str, DetectorMetrics]
    comparison: Mapping[str, Mapping[str, Difference]]
    validation: DecisiveFigures | None = None
    new_images: DecisiveFigures | None = None
    axes: Mapping[str, AxisResult] = {}
    choice: str = ""
    pace: Mapping[str, Sequence[Moment]] = {}
    left_out: Mapping[str, str] = {}
    decision: Decision | None = None

    @property
    def figure(self) -> str:
        """The figure that decides who is better, by its name."""
        return DECISIVE if self.settings is None else self.settings.evaluation.figure

    @property
    def label(self) -> str:
        """What that figure is called."""
        return LABELS[self.figure]

    def reached(self, name: str) -> float:
        """Return that figure of a detector, nan without an object in the test images."""
        return float(getattr(self.pipelines[name].quality, self.figure))

    def ahead(self, first: str, second: str) -> Difference:
        """Return how much more of that figure the first of two detectors has than the second."""
        return self.difference(first, second, self.figure)

    def difference(self, first: str, second: str, figure: str) -> Difference:
        """Return how much more of a figure the first of two detectors has than the second.

        Raises:
            KeyError: they were not compared, or one of them lacks the figure.
        """
        if (there := f"{first}_minus_{second}") in self.comparison:
            return self.comparison[there][figure]
        return self.comparison[f"{second}_minus_{first}"][figure].turned()


class _Header(msgspec.Struct):
    schema_version: int = 0
    settings: Any = None


def read_metrics(path: Path) -> Metrics:
    """Return what a ``metrics.json`` holds.

    Raises:
        UserError: it can't be read, is of another version or is none.
    """
    try:
        data = content(path)
        header = msgspec.json.decode(data, type=_Header)
        if header.schema_version == SCHEMA_VERSION:
            from_json(RunSettings, header.settings or {})  # a name that decoding would pass over
            return undefined.decode(data, Metrics)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: can't be read as the {METRICS} of a finished run ({error}); give the folder "
            "that scripts/compare_detection.py made"
        ) from error
    raise UserError(
        f"{path}: is of schema {header.schema_version}, and this version reads {SCHEMA_VERSION}; "
        "repeat the run with it (some settings have other names since: see the README)"
    )


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write a ``metrics.json``, whole or not at all; undefined figures are null in it."""
    text = msgspec.json.format(undefined.encode(metrics), indent=2)
    write_text(path, f"{text.decode()}\n")


def write_schema(path: Path) -> None:
    """Write the JSON Schema of ``metrics.json``, for other tools that read it."""
    schema = msgspec.json.encode(undefined.schema(Metrics))
    write_text(path, f"{msgspec.json.format(schema, indent=2).decode()}\n")
