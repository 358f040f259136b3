"""Which trainings show how a pipeline profits from more images: sizes, seeds, nested subsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.annotations import LabelledImage
from pipelines.studies.subject import Subject

PIPELINES = ("classical", "yolo")
SIZES, SEEDS = 5, 3
FEWEST = 4  # images of the smallest subset
RANGE = 16  # times as many images in the largest as in the smallest
LEAST_UPDATES = 100  # of a YOLO training: fewer would only measure the ramp of its learning rate
PLANNED = 0.9  # of the time: what trainings take is only guessed
STARTING = 6.0  # seconds a YOLO training takes before and after its updates


@dataclass(frozen=True)
class Key:
    """One training.

    Attributes:
        pipeline: ``classical`` or ``yolo``.
        images: in the subset it learns from.
        seed: of the subset and the training.
        updates: of YOLO, the same for every size; 0 for the classical pipeline.
    """

    pipeline: str
    images: int
    seed: int
    updates: int = 0

    @property
    def name(self) -> str:
        """What its cell is called."""
        trained = f"-{self.updates}-updates" if self.updates else ""
        return f"{self.pipeline}-{self.images}-images-seed-{self.seed}{trained}"


@dataclass(frozen=True)
class Costs:
    """What the main job's own trainings took, from which others are guessed.

    Attributes:
        images: it trained on.
        classical: seconds of the classical training.
        update: seconds of one YOLO update.
        testing: seconds to detect in the test split, by pipeline.
    """

    images: int
    classical: float
    update: float
    testing: dict[str, float]

    def expected(self, key: Key) -> float:
        """Return the seconds a training and its test will take, roughly."""
        testing = self.testing[key.pipeline]
        if key.pipeline == "yolo":
            return STARTING + key.updates * self.update + testing
        return self.classical * (0.2 + 0.8 * key.images / self.images) + testing


def costs_of(subject: Subject) -> Costs:
    """Return what the main job took."""
    classical, yolo = (subject.pipelines[name] for name in PIPELINES)
    tested = len(subject.dataset.splits["test"])
    return Costs(
        images=len(subject.dataset.splits["train"]),
        classical=classical["training"]["seconds"],
        update=yolo["training"]["seconds"] / yolo["training"]["updates"],
        testing={
            "classical": tested / classical["throughput"]["best"],
            "yolo": tested * 4 / yolo["throughput"]["best"],  # by the graph, which is slower
        },
    )


def sizes(images: int) -> tuple[int, ...]:
    """Return five numbers of images, each about twice the one before, up to all of them."""
    least = min(max(FEWEST, images / RANGE), images)
    return tuple(dict.fromkeys(int(n) for n in np.rint(np.geomspace(least, images, SIZES))))


def subset(images: Sequence[LabelledImage], count: int, seed: int) -> tuple[LabelledImage, ...]:
    """Return so many images drawn by chance; fewer of one seed are all among more of it."""
    order = np.random.default_rng((seed, 7)).permutation(len(images))
    return tuple(images[place] for place in np.sort(order[:count]))


def yolo_updates(seconds: float, costs: Costs, numbers: Sequence[int], most: int) -> int:
    """Return how many updates each YOLO training gets, to fit the study into the time.

    Trainings that have not levelled off tell nothing of the images, so that seeds are given up
    before updates: each has as many as the main job's, or what lets one seed fit if that is less.

    Args:
        seconds: for the whole study.
        costs: see `Costs`.
        numbers: of images, in a training each.
        most: of the main job, whose training is long enough.
    """
    classical = sum(costs.expected(Key("classical", images, 0)) for images in numbers)
    each = (PLANNED * seconds - classical) / len(numbers)
    updates = (each - STARTING - costs.testing["yolo"]) / costs.update
    fitting = int(updates) // 50 * 50 if np.isfinite(updates) else most
    return max(min(most, fitting), min(LEAST_UPDATES, most))


def keys(numbers: Sequence[int], seeds: Sequence[int], updates: int) -> list[Key]:
    """Return all trainings: seed by seed, so that what is cut short has all sizes of some.

    The longest of a seed come first: of trainings side by side, the last to end is a short one.
    """
    most_first = sorted(numbers, reverse=True)
    return [
        key
        for seed in seeds
        for key in (
            *(Key("yolo", number, seed, updates) for number in most_first),
            *(Key("classical", number, seed) for number in most_first),
        )
    ]
