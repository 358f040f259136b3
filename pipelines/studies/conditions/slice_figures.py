"""How good contenders are on each slice of the test images, where it has enough objects to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.evaluation.to_settle import LEAST_IMAGES
from pipelines.evaluation.undefined import Number
from pipelines.studies.conditions.judging import (
    Comparison,
    compared,
    held,
    spread,
    with_resamples,
)
from pipelines.studies.conditions.slices import Slice


@dataclass(frozen=True)
class SliceFigures:
    """One slice of the test images.

    Attributes:
        name: as ``brightness: dark``.
        span: from where to where, in words; empty for what can't be ordered.
        images: how many test images it has.
        objects: how many objects to be found they hold.
        values: the figure that decides, by contender.
        interval_95: of it.
        places: of its images in the test split.
    """

    name: str
    span: str
    images: int
    objects: int
    values: Mapping[str, Number]
    interval_95: Mapping[str, tuple[Number, Number]]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Sliced:
    """All slices.

    Attributes:
        rows: those with enough objects to tell.
        comparisons: how every two contenders differ on them, corrected for all of these.
        withheld: names of slices in which fewer than five images, or groups of them, hold one.
    """

    rows: tuple[SliceFigures, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    withheld: tuple[str, ...] = ()


def sliced(
    images: EvaluationImages,
    found: Mapping[str, Sequence[Detections]],
    parts: Sequence[Slice],
    figure: str,
) -> Sliced:
    """Return the figure of each contender on each slice, resampled within it.

    ``found`` has each contender's detections in all images, as the parts' places count them.
    """
    rows: list[SliceFigures] = []
    values: dict[str, dict[str, Floats]] = {name: {} for name in found}
    holding: dict[str, int] = {}
    withheld = []
    for part in parts:
        some = at(images, part.places)
        units, a_class = held(some)
        if units < LEAST_IMAGES:
            withheld.append(part.name)
            continue
        holding[part.name] = units
        for name, detections in found.items():
            there = [detections[place] for place in part.places]
            values[name][part.name] = with_resamples(some, there, figure)
        of_part = {name: each[part.name] for name, each in values.items()}
        rows.append(
            SliceFigures(
                part.name,
                part.span,
                len(part.places),
                sum(int((~truth.ignore).sum()) for truth in some.ground_truth),
                {name: float(each[0]) for name, each in of_part.items()},
                {name: spread(each, units, a_class) for name, each in of_part.items()},
                part.places,
            )
        )
    comparisons = compared(values, holding, len(images.ground_truth))
    return Sliced(tuple(rows), comparisons, tuple(withheld))


def at(images: EvaluationImages, places: Sequence[int]) -> EvaluationImages:
    """Return some of the images, in the order of their places."""
    truth, groups = images.ground_truth, images.groups
    return replace(
        images,
        ground_truth=[truth[place] for place in places],
        groups=None if groups is None else [groups[place] for place in places],
    )
