"""The figure that decides who is better, on validation images and without images seen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from datasets.annotations import Dataset
from datasets.duplicates import seen_in_test
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, one_figure
from pipelines.evaluation.resampling import DECISIVE, Resampled
from pipelines.evaluation.several import pairwise
from pipelines.evaluation.significance import intervals
from pipelines.evaluation.trainings import over_trainings
from pipelines.runs.metrics import DecisiveFigures


def on_new_images(
    images: EvaluationImages,
    found: Mapping[str, Sequence[Sequence[Detections]]],
    dataset: Dataset,
    figure: str = DECISIVE,
) -> DecisiveFigures | None:
    """Return the decisive figure without test images that train or val has too, or nearly so.

    ``images`` are those of the test split, ``found`` what each training of a detector finds in
    them. None is where that leaves out nothing.
    """
    seen = seen_in_test(dataset.duplicates)
    new = [place for place, each in enumerate(dataset.splits["test"]) if each.name not in seen]
    if len(new) == len(images.ground_truth):
        return None
    if not new:
        return DecisiveFigures()
    truth, groups = images.ground_truth, images.groups
    some = replace(
        images,
        ground_truth=[truth[place] for place in new],
        groups=None if groups is None else [groups[place] for place in new],
    )
    resampled = {}
    for name, trainings in found.items():
        there = [one_figure(some, [each[place] for place in new], figure) for each in trainings]
        resampled[name] = over_trainings(there, images.seed, name)
    return decisive_figures(resampled, len(new))


def decisive_figures(resampled: Mapping[str, Resampled], images: int) -> DecisiveFigures:
    """Return the one figure of detectors on so many images, and how they differ in it."""
    return DecisiveFigures(
        images,
        {name: value for name, each in resampled.items() for value in each.once.values()},
        {name: span for name, each in resampled.items() for span in intervals(each).values()},
        {
            f"{a}_minus_{b}": more
            for (a, b), each in pairwise(resampled, images).items()
            for more in each.values()
        },
        {name: each for name, one in resampled.items() for each in one.trainings.values()},
    )
