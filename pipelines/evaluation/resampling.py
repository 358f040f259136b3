"""Every headline figure in many resamples of the test images, from one matching.

The bootstrap (Efron 1979) asks what the figure would have been with other images of the same kind:
it draws as many images as there are, with replacement. Objects of one image come together, so whole
images are drawn, and images of one group (a video, near-copies) come together as well. The same
resamples serve all detectors, so that their figures can be paired.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from datasets.groups import group_numbers
from pipelines.evaluation.luck import Luck
from pipelines.evaluation.matching import COCO_IOUS, IOU_50, IOU_75
from pipelines.evaluation.pairs import Bools, Floats, Ints
from pipelines.evaluation.precision import Ranked, average_precision
from pipelines.evaluation.quality import AREAS, SIZES, EvaluationSet, Quality

RESAMPLES = 1000
BLOCK = 500  # resamples computed together
MOST_UNITS = 50_000  # more are put together at random: a figure's spread is known well by so many
DECISIVE = "map_50"  # says who is better, unless the user names another
LABELS = {"map_50": "mAP@.50", "map_50_95": "mAP@[.50:.95]"}  # of figures that can
OVER_CLASSES = ("map_50_95", "map_50", "map_75", "average_recall")  # means, whatever the size
HEADLINE = (*OVER_CLASSES[:3], *SIZES, *OVER_CLASSES[3:])
LEAST_A_CLASS = 3  # fewer would make intervals that hold everything


@dataclass(frozen=True, eq=False)
class Resampled:
    """One detector's figures by name, which pair it with another's.

    Attributes:
        once: the figures themselves, means over trainings where there were several.
        resamples: the same in each resample, ``(B,)``.
        holding: how many images hold an object the figure is about.
        trainings: what each training reached, none where there was one; resamples hold its luck.
    """

    once: Mapping[str, float]
    resamples: Mapping[str, Floats]
    holding: Mapping[str, int]
    trainings: Mapping[str, tuple[float, ...]] = field(default_factory=dict, kw_only=True)

    def luck(self, figure: str) -> tuple[Luck, ...]:
        """Return the luck of training in a figure, none where the detector was trained once."""
        return (Luck.of(self.trainings[figure]),) if figure in self.trainings else ()


@dataclass(frozen=True, eq=False)
class Units:
    """What is resampled: images, or groups of images that are not independent.

    ``group`` is the ``(I,)`` number of each image's group, from 0 on.
    """

    group: Ints

    @classmethod
    def of(cls, images: int, groups: Sequence[str] | None = None) -> Units:
        """Return the units of images, whose groups are named where they share one.

        More than `MOST_UNITS` are put together at random into so many, all of nearly one size:
        what a figure varies by is the same, and 1,000 resamples of them take 100 MB.
        """
        group = np.arange(images) if groups is None else group_numbers(groups)
        number = int(group.max(initial=-1)) + 1
        if number > MOST_UNITS:
            group = np.random.default_rng(0).permutation(number)[group] % MOST_UNITS
        return cls(group)

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.group.max(initial=-1)) + 1

    def counts(self, seed: int, resamples: int = RESAMPLES) -> NDArray[np.int16]:
        """Return how often each unit is drawn, ``(B, U)``; its images come together."""
        return bootstrap_counts(self.number, seed, resamples)

    def holding(self, given: EvaluationSet, iou: float | None = None) -> dict[str, int]:
        """Return how many units hold an object each of the figures is about."""
        objects = given.objects

        def units(chosen: Bools) -> int:
            return len(np.unique(self.group[objects.image[chosen & ~objects.ignore]]))

        holding = dict.fromkeys(HEADLINE, units(np.ones(len(objects), bool)))
        for size in SIZES:
            low, high = AREAS[size]
            holding[size] = units((objects.area >= low) & (objects.area <= high))
        if iou is not None:
            holding[f"map_{iou_name(iou)}"] = holding["map_50"]
        for label, name in enumerate(given.classes):
            here = units(objects.label == label)
            holding |= {f"per_class.{name}.ap_50_95": here, f"per_class.{name}.ap_50": here}
        return holding


def bootstrap_counts(units: int, seed: int, resamples: int = RESAMPLES) -> NDArray[np.int16]:
    """Return how often each unit is drawn, ``(B, U)``; each row has as many as there are units.

    Row by row it takes little memory: 10 MB for 5,000 images and 1,000 resamples.
    """
    random = np.random.default_rng(seed)
    made = np.zeros((resamples, units), np.int16)
    for row in range(resamples):
        made[row] = np.bincount(random.integers(units, size=units), minlength=units)
    return made


def resampled(
    given: EvaluationSet,
    weights: NDArray[np.integer],
    iou: float | None = None,
    unit: Ints | None = None,
) -> dict[str, Floats]:
    """Return the `HEADLINE` figures and each class's in each resample.

    Args:
        given: one detector's detections beside the ground truth.
        weights: ``(B, U)``, how often each unit counts.
        iou: one more IoU to give mAP at, as ``map_30``.
        unit: ``(I,)`` that each image belongs to; None where each is its own.

    Returns:
        ``(B,)`` values by name, ``per_class.<class>.ap_50`` and ``.ap_50_95`` among them; nan in
        a resample without an object that counts.
    """
    values = of_every_size(given, weights, unit)
    for size in SIZES:
        precision, _ = in_parts(given, partial(EvaluationSet.ranked, area=size), weights, unit)
        values[size] = known_mean(precision.mean(axis=1))
    if iou is not None:
        at_iou = partial(EvaluationSet.ranked_at, iou_threshold=iou)
        precision, _ = in_parts(given, at_iou, weights, unit)
        values[f"map_{iou_name(iou)}"] = known_mean(precision.mean(axis=1))
    return values


def of_every_size(
    given: EvaluationSet, weights: NDArray[np.integer], unit: Ints | None = None
) -> dict[str, Floats]:
    """Return what `resampled` does without the figures by size of object."""
    precision, recall = in_parts(given, EvaluationSet.ranked, weights, unit)
    values: dict[str, Floats] = {
        "map_50_95": known_mean(precision.mean(axis=1)),
        "map_50": known_mean(precision[:, IOU_50]),
        "map_75": known_mean(precision[:, IOU_75]),
        "average_recall": known_mean(recall.mean(axis=1)),
    }
    for label, name in enumerate(given.classes):
        values[f"per_class.{name}.ap_50_95"] = precision[label].mean(axis=0)
        values[f"per_class.{name}.ap_50"] = precision[label, IOU_50]
    return values


def in_parts(
    given: EvaluationSet,
    ranked: Callable[[EvaluationSet], Sequence[Ranked]],
    weights: NDArray[np.integer],
    unit: Ints | None = None,
) -> tuple[Floats, Floats]:
    """Return what `averages` does, with the detections of a few classes ranked at a time."""
    every = [averages(ranked(part), weights, unit) for part in given.parts()]
    precision, recall = (np.concatenate(each) for each in zip(*every, strict=True))
    return precision, recall


def averages(
    every: Sequence[Ranked], weights: NDArray[np.integer], unit: Ints | None = None
) -> tuple[Floats, Floats]:
    """Return AP and recall of all classes, ``(C, T, B)`` both; weights as `resampled` has them."""
    if unit is not None:
        every = [each.in_units(unit) for each in every]
    thresholds = len(every[0].right) if every else len(COCO_IOUS)
    precision, recall = np.zeros((2, len(every), thresholds, len(weights)))
    for begin in range(0, len(weights), BLOCK):
        block = slice(begin, begin + BLOCK)
        counts = np.ascontiguousarray(weights[block].T, np.int32)
        for label, ranked in enumerate(every):
            precision[label, :, block], recall[label, :, block] = average_precision(ranked, counts)
    return precision, recall


def figures_of(given: EvaluationSet, quality: Quality, units: Units, seed: int) -> Resampled:
    """Return a detector's headline figures and what they are in resamples of those units."""
    values = resampled(given, units.counts(seed), unit=units.group)
    return Resampled(headline_figures(quality), values, units.holding(given))


def headline_figures(quality: Quality) -> dict[str, float]:
    """Return the figures themselves under the names that `resampled` has them by."""
    figures = {name: getattr(quality, name) for name in HEADLINE if name not in SIZES}
    for name, one in quality.per_class.items():
        figures[f"per_class.{name}.ap_50_95"] = one.ap_50_95
        figures[f"per_class.{name}.ap_50"] = one.ap_50
    return figures | {size: getattr(quality, size) for size in SIZES}


def images_holding(given: EvaluationSet, iou: float | None = None) -> dict[str, int]:
    """Return how many images hold an object each of the figures is about."""
    return Units.of(given.images).holding(given, iou)


def images_a_class(holding: Mapping[str, int]) -> int:
    """Return how many images typically hold a class, their harmonic mean, of `images_holding`.

    A mean over classes varies as its rarest classes do.
    """
    classes = [n for name, n in holding.items() if n and name.startswith("per_class.")]
    if not classes:
        return LEAST_A_CLASS
    return max(LEAST_A_CLASS, round(len(classes) / sum(1 / n for n in classes)))


def iou_name(iou: float) -> str:
    """Return what figures at an IoU are called by: 30 for 0.3, as in ``map_30``."""
    return f"{round(100 * iou, 6):g}"


def known_mean(by_class: Floats) -> Floats:
    """Return the ``(B,)`` means over the classes ``(C, B)`` that are not nan."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        return np.asarray(np.nanmean(by_class, axis=0))  # of no class at all the mean is nan
