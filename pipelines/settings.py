"""All settings of a run as one frozen tree, and which values are possible.

Each algorithm's own settings live beside it; only what the whole run shares is declared here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from datasets.settings import DatasetSettings
from models.yolo.settings import WORDS as YOLO_WORDS
from models.yolo.settings import YoloSettings
from pipelines.classical_settings import WORDS as CLASSICAL_WORDS
from pipelines.classical_settings import ClassicalSettings
from pipelines.settings_by_name import SettingsError

PIPELINES = ("classical", "yolo")
SAMPLE_UPDATES = 1100  # of the YOLO training: the whole main job in under five minutes


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
            settings.yolo.batch > 0 and settings.yolo.width >= 2 and settings.yolo.depth >= 1,
            "yolo.batch and yolo.depth must be at least 1 and yolo.width at least 2",
        ),
        (settings.yolo.devices >= 0, "yolo.devices must be 0 or more"),
        (not settings.data.why_impossible(), settings.data.why_impossible()),
        *_words("classical", settings.classical, CLASSICAL_WORDS),
        *_words("yolo", settings.yolo, YOLO_WORDS),
    ]
    for holds, sentence in rules:
        if not holds:
            raise SettingsError(sentence)
    return settings


def _words(
    group: str, values: object, words: Mapping[str, Collection[str]]
) -> Iterator[tuple[bool, str]]:
    """Yield for each setting that is a word whether it is one it may be."""
    for name, allowed in words.items():
        sentence = f"{group}.{name} is one of {', '.join(allowed)}"
        yield getattr(values, name) in allowed, sentence


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
