"""Made by hand or learnt: the same boxes and the same SVM on different features.

The contenders' features and raw pixels describe the boxes of one of them, and the same SVM learns
from each; and the simplest features are tried on the others' boxes (`trials`). Boxes are not moved
afterwards, so that only the features differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from matplotlib.figure import Figure

from datasets.images import pixels_of
from pipelines.detections import FeatureSource
from pipelines.evaluation.resampling import DECISIVE, LABELS
from pipelines.evaluation.significance import difference_interval
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.runs.trainings import NOT_HELD
from pipelines.studies.common.figures import with_interval
from pipelines.studies.common.plots import colours, draw_bars, new_figure, save
from pipelines.studies.common.verdict import Sampled, Study, Verdict
from pipelines.studies.features.pictures import draw_pictures
from pipelines.studies.features.trials import (
    MOST,
    Trial,
    TrialResult,
    Trials,
    apart,
    own_trials,
    planned,
)
from pipelines.system import runtime

EXPECTED = 45.0  # seconds a way of describing takes, roughly


@dataclass(frozen=True)
class FeaturesRow(Trial):
    """How well an SVM does in one trial.

    Attributes:
        dimensions: numbers that describe a box.
        map_50: mAP@.50 on the test images.
        map_50_95: mAP@[.50:.95].
        interval_95: of the one that decides.
    """

    dimensions: int
    map_50: float
    map_50_95: float
    interval_95: tuple[float, float]


@dataclass(frozen=True)
class FeaturesStudy(Study[FeaturesRow]):
    """All trials, a row each.

    Attributes:
        images: how many of each split were used at most.
        figure: that they are compared by, by its name.
    """

    images: Mapping[str, int]
    figure: str


def study(subject: Subject, cells: Cells) -> FeaturesStudy:
    """Return how well the same SVM does on each kind of features of the test split's boxes."""
    threads = runtime.usable_cores()
    sources = apart(
        {
            row.name: row.features(subject.model_folder(row.name), threads)
            for row in subject.contenders
            if row.features is not None
        }
    )
    found: dict[Trial, TrialResult] = {}
    if sources:
        trials = Trials(subject, sources)
        for trial in planned(sources):
            name = f"{trial.features}-on-{trial.boxes}".replace(" ", "-").replace("'", "")
            result = cells.get(name, TrialResult, partial(trials.measure, trial), EXPECTED)
            if result is not None:
                found[trial] = result
        _save_pictures(subject, sources)
    own = own_trials(sources)
    images = {split: min(most, len(subject.dataset.splits[split])) for split, most in MOST.items()}
    own_of = {row.name: own.get(row.name) for row in subject.contenders}
    return concluded(found, own_of, images, subject.settings.evaluation.figure)


def _save_pictures(subject: Subject, sources: Mapping[str, FeatureSource]) -> None:
    """Write pictures of features of the first test image with an object, its largest one."""
    for image in subject.dataset.splits["test"]:
        boxes = image.annotations.boxes
        sides = boxes[:, 2:] - boxes[:, :2]
        if len(boxes) and sides.min(axis=1).max() >= 2:
            largest = boxes[int(sides.prod(axis=1).argmax())]
            figure = draw_pictures(pixels_of(image), largest, sources)
            save(figure, subject.folder / "axes", "features_pictures")
            return


def concluded(
    found: Mapping[Trial, TrialResult],
    own: Mapping[str, Trial | None],
    images: Mapping[str, int],
    figure: str = DECISIVE,
) -> FeaturesStudy:
    """Return the study of what was found by trial, in the order of the plan.

    ``own`` is the trial that each contender is compared by, None where it gives no features.
    """
    rows = tuple(
        FeaturesRow(
            **vars(trial),
            dimensions=result.dimensions,
            map_50=result.precision.map_50,
            map_50_95=result.precision.map_50_95,
            interval_95=result.precision.interval_95,
        )
        for trial, result in found.items()
    )
    return FeaturesStudy(_verdict(found, own, figure), rows, images, figure)


def _verdict(
    found: Mapping[Trial, TrialResult], own: Mapping[str, Trial | None], figure: str
) -> Verdict:
    compared = {name: trial for name, trial in own.items() if trial is not None}
    known = [trial for trial in found if trial in compared.values()]
    if len(known) > 1:
        differences = "; ".join(
            _difference(found, *pair, LABELS[figure]) for pair in combinations(known, 2)
        )
        text = f"On the same boxes with the same SVM {differences}"
    elif len(compared) > 1:
        text = "Too little was measured to compare features; give more --budget-minutes"
    else:
        text = "There are no features of two contenders to compare"
    others = ", ".join(
        f"{trial.features} on {trial.boxes} {_answer(trial, found)}"
        for trial in found
        if trial not in known
    )
    return Verdict.of(
        f"Features made by hand or learnt ({LABELS[figure]} of the same SVM)?",
        {name: _answer(trial, found) for name, trial in own.items()},
        filter(None, [text, others, NOT_HELD.format("these intervals")]),
        {name: _sampled(found.get(trial)) for name, trial in compared.items()},
        "the test images",
    )


def _difference(found: Mapping[Trial, TrialResult], first: Trial, other: Trial, figure: str) -> str:
    a, b = found[first], found[other]
    one, two = a.precision.sampled, b.precision.sampled
    more = two.point - one.point
    low, high = difference_interval(more, two.values - one.values, one.units)
    return (
        f"{other.features} features give {more:+.3f} {figure} "
        f"against {first.features} (95 % {low:+.3f} to {high:+.3f})"
    )


def _sampled(result: TrialResult | None) -> Sampled:
    return Sampled.unmeasured() if result is None else result.precision.sampled


def _answer(trial: Trial | None, found: Mapping[Trial, TrialResult]) -> str:
    if trial is None:
        return "gives no features"
    if trial not in found:
        return "not measured"
    precision = found[trial].precision
    return with_interval(precision.value, precision.interval_95)


def draw(result: FeaturesStudy) -> Figure:
    """Return a plot of mAP by kind of features."""
    figure = new_figure(8, 3.6)
    colour = colours(result.verdict.answers)
    draw_bars(
        figure.subplots(),
        [
            (f"{row.features}, {row.boxes}", getattr(row, result.figure), row.interval_95)
            for row in result.cells
        ],
        [colour[row.pipeline] for row in result.cells],
        xlim=(0, 1),
        xlabel=f"{LABELS[result.figure]} of the same SVM (95 % interval)",
        title="Features made by hand or learnt",
    )
    return figure
