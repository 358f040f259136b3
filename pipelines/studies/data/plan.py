"""Which trainings show how a contender profits from more images: sizes, seeds, nested subsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import msgspec
import numpy as np

from datasets.annotations import LabelledImage
from pipelines.evaluation.undefined import Number
from pipelines.runs.finished import Subject
from pipelines.studies.common.figures import MeanPrecision

SIZES, SEEDS = 5, 3
FEWEST = 4  # images of the smallest subset
RANGE = 16  # times as many images in the largest as in the smallest
LEAST_UPDATES = 100  # of a training: fewer would only measure the ramp of its learning rate
PLANNED = 0.9  # of the time: what trainings take is only estimated
STARTING = 6.0  # seconds a training takes before and after its updates
SLOWER = 4  # times as long a network takes in training's form to detect as in its quickest


@dataclass(frozen=True)
class PlannedTraining:
    """One contender's training on a subset of so many images, both by the seed.

    ``updates`` are the same for every size; 0 for a contender that decides its length itself.
    """

    pipeline: str
    images: int
    seed: int
    updates: int = 0

    @property
    def name(self) -> str:
        """What its cell is called."""
        trained = f"-{self.updates}-updates" if self.updates else ""
        return f"{self.pipeline}-on-{self.images}-images-seed-{self.seed}{trained}"

    @property
    def title(self) -> str:
        """What is shown while it goes on."""
        return f"{self.pipeline}, {self.images} images, seed {self.seed}"


class SubsetResult(msgspec.Struct, frozen=True):
    """What one training gave.

    Attributes:
        precision: on the test split.
        undertrained: it still gained, so that its figures do not show what the images are worth.
        late_gain: what it gained on the validation split from 60 to 80 % of it; nan for none.
    """

    precision: MeanPrecision
    undertrained: bool = False
    late_gain: Number = nan


@dataclass(frozen=True)
class TrainingCosts:
    """What the main job took, from which the seconds of other trainings are estimated.

    Attributes:
        images: it trained on.
        training: seconds, by contender.
        testing: seconds to detect in the test split, by contender.
        updates: of each contender whose trainings are counted in them.
    """

    images: int
    training: Mapping[str, float]
    testing: Mapping[str, float]
    updates: Mapping[str, int]

    def expected(self, planned: PlannedTraining) -> float:
        """Return the seconds a training and its test will take, roughly."""
        name = planned.pipeline
        training, testing = self.training[name], self.testing[name]
        if planned.updates:
            return STARTING + planned.updates * (training / self.updates[name]) + testing
        return training * (0.2 + 0.8 * planned.images / self.images) + testing


def costs_of(subject: Subject) -> TrainingCosts:
    """Return what the main job took."""
    tested = len(subject.dataset.splits["test"])
    training, testing, updates = {}, {}, {}
    for row in subject.contenders:
        figures = subject.figures[row.name]
        main, rates = figures.training, figures.throughput
        training[row.name] = nan if main is None else main.seconds
        testing[row.name] = nan if rates is None else tested / rates.best
        if row.subset_trainer and main is not None and main.updates is not None:
            updates[row.name] = main.updates
            testing[row.name] *= SLOWER
    return TrainingCosts(len(subject.dataset.splits["train"]), training, testing, updates)


def sizes(images: int) -> tuple[int, ...]:
    """Return five numbers of images, each about twice the one before, up to all of them."""
    least = min(max(FEWEST, images / RANGE), images)
    return tuple(dict.fromkeys(int(n) for n in np.rint(np.geomspace(least, images, SIZES))))


def subset(images: Sequence[LabelledImage], count: int, seed: int) -> tuple[LabelledImage, ...]:
    """Return so many images drawn by chance; fewer of one seed are all among more of it."""
    order = np.random.default_rng((seed, 7)).permutation(len(images))
    return tuple(images[place] for place in np.sort(order[:count]))


def updates_that_fit(
    seconds: float, costs: TrainingCosts, numbers: Sequence[int]
) -> dict[str, int]:
    """Return how many updates each training gets, by contender, to fit the study into the time.

    Trainings that have not levelled off show nothing of the images, so that seeds are given up
    before updates: each has as many as the main job's, whose training is long enough, or what lets
    one seed of these numbers of images fit if that is less; 0 for those not counted in updates.
    """
    others = sum(
        costs.expected(PlannedTraining(name, images, 0))
        for name in costs.training
        if name not in costs.updates
        for images in numbers
    )
    planned = dict.fromkeys(costs.training, 0)
    for name, most in costs.updates.items():
        each = (PLANNED * seconds - others) / len(costs.updates) / len(numbers)
        updates = (each - STARTING - costs.testing[name]) / (costs.training[name] / most)
        fitting = int(updates) // 50 * 50 if np.isfinite(updates) else most
        planned[name] = max(min(most, fitting), min(LEAST_UPDATES, most))
    return planned


def planned_trainings(
    numbers: Sequence[int], seeds: Sequence[int], updates: Mapping[str, int]
) -> list[PlannedTraining]:
    """Return all trainings: seed by seed, so that what is cut short has all sizes of some.

    The longest of a seed come first: of trainings side by side, the last to end is a short one.
    """
    return [
        PlannedTraining(name, number, seed, updates[name])
        for seed in seeds
        for name in sorted(updates, key=lambda name: updates[name] == 0)
        for number in sorted(numbers, reverse=True)
    ]
