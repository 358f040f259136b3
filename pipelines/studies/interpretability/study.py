"""Can a decision be explained: which pixels mattered for detections that all contenders have.

D-RISE treats all contenders alike, with the same masks; beside it stands each one's own method.
Their faithfulness is measured: what is left of the detection when the pixels are hidden, what is
there when they alone are shown, whether the first of them lies on the object, whether two runs
agree. Scores of two contenders are of different kinds: compared are shares of the score that each
one's own detection has in the whole image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import nan

import msgspec
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.splits import evenly
from pipelines.contenders import label_of
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.undefined import Number
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.runs.trainings import NOT_HELD
from pipelines.studies.common.figures import whom, with_interval
from pipelines.studies.common.plots import colours, draw_bars, new_figure
from pipelines.studies.common.verdict import Sampled, Study, Verdict
from pipelines.studies.interpretability.explainers import (
    Explainer,
    load_explainers,
    shared_detections,
)
from pipelines.studies.interpretability.explaining import (
    CALLS,
    DRISE,
    RANDOM,
    RANDOM_WITHIN,
    ExplanationRow,
    explanation_rows,
    right_detections,
)
from pipelines.studies.interpretability.saliency import DetectedBox
from pipelines.system.progress import on_terminal

MASKS = 256  # of an image, one half in each of two runs
IMAGES, OBJECTS = 8, 2  # most images, and most objects of each
LEAST_IMAGES = 5  # fewer do not show how images vary
RESAMPLES = 1000
AVERAGED = ("deletion", "insertion", "points", "agreement")  # of an `ExplanationRow`


class MethodMeans(msgspec.Struct, frozen=True):
    """Means over the detections that a method explained, see `ExplanationRow`."""

    detections: int
    deletion: Number
    insertion: Number
    points: Number
    agreement: Number


@dataclass(frozen=True)
class InterpretabilityStudy(Study[ExplanationRow]):
    """All explanations, a row each detection and method.

    Attributes:
        summary: by contender and method.
        masks: of each image, in both runs together.
    """

    summary: Mapping[str, Mapping[str, MethodMeans]]
    masks: int


def study(subject: Subject, cells: Cells) -> InterpretabilityStudy:
    """Explain detections of the test split that all contenders have, and judge explanations.

    Raises:
        UserError: a detector can't be loaded.
    """
    names, seed = subject.settings.pipelines, subject.settings.seed
    explainers = load_explainers(subject.folder, subject.figures, names)
    shared = shared_images(subject.dataset.splits["test"], explainers)
    throughput = [each.throughput for each in subject.figures.values()]
    calls = MASKS + OBJECTS * CALLS
    expected = sum(calls / each.batch_1 for each in throughput if each is not None)
    rows: list[ExplanationRow] = []
    for number, image in enumerate(on_terminal(shared, "explaining", len(shared))):
        work = partial(explanation_rows, explainers, *image, MASKS, seed)
        rows += cells.get(f"image-{number}", list[ExplanationRow], work, expected) or []
    return concluded(names, rows, MASKS, seed)


def shared_images(
    images: Sequence[LabelledImage], explainers: Mapping[str, Explainer]
) -> Sequence[tuple[LabelledImage, list[tuple[DetectedBox, ...]]]]:
    """Return images in which all contenders rightly find the same objects, and those."""
    chosen = []
    tried = evenly(images, 4 * IMAGES)
    for image in on_terminal(tried, "finding what all find", len(tried)):
        pixels = pixels_of(image)
        found = [
            right_detections(each.detect_many([pixels])[0].above(each.threshold), image)
            for each in explainers.values()
        ]
        if shared := shared_detections(found)[:OBJECTS]:
            chosen.append((image, shared))
    return evenly(chosen, IMAGES)


def concluded(
    names: Sequence[str], rows: Sequence[ExplanationRow], masks: int, seed: int
) -> InterpretabilityStudy:
    """Return the study of all rows of those contenders."""
    summary: dict[str, dict[str, MethodMeans]] = {name: {} for name in names}
    for name, method in dict.fromkeys((row.pipeline, row.method) for row in rows):
        mine = [row for row in rows if (row.pipeline, row.method) == (name, method)]
        means = (_mean([getattr(row, figure) for row in mine]) for figure in AVERAGED)
        summary[name][method] = MethodMeans(len(mine), *means)
    return InterpretabilityStudy(_verdict(rows, summary, seed), tuple(rows), summary, masks)


def _mean(values: Sequence[float | None]) -> float:
    known = np.array(values, np.float64)  # None becomes nan
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else nan


def _verdict(
    rows: Sequence[ExplanationRow], summary: Mapping[str, Mapping[str, MethodMeans]], seed: int
) -> Verdict:
    """Compare insertion less deletion of D-RISE, which treats all alike, over the same objects.

    Images are resampled, not detections: those of one image share its light and its background.
    """
    gains = {
        name: {
            image: [r.insertion - r.deletion for r in mine if r.image == image]
            for image in dict.fromkeys(r.image for r in mine)
        }
        for name in summary
        for mine in [[r for r in rows if (r.pipeline, r.method) == (name, DRISE)]]
    }
    images = min(map(len, gains.values()))
    count = min(sum(map(len, each.values())) for each in gains.values())
    who = f"{whom(len(gains))} {'has' if len(gains) == 1 else 'have'}"
    answers = dict.fromkeys(gains, f"no detection that {who}")
    means = dict.fromkeys(gains, Sampled.unmeasured())
    if images:
        drawn = np.random.default_rng(seed).integers(images, size=(RESAMPLES, images))
        for name, each in gains.items():
            totals = np.array([np.nansum(of_image) for of_image in each.values()])
            known = np.array([np.isfinite(of_image).sum() for of_image in each.values()])
            resampled = _ratio(totals[drawn].sum(axis=1), known[drawn].sum(axis=1))
            low, high = np.nanquantile(resampled, [0.025, 0.975])
            mean = float(_ratio(totals.sum(), known.sum()))
            answers[name] = with_interval(mean, (low, high))
            means[name] = Sampled(mean, resampled, images)
    kept = []
    for name, methods in summary.items():
        shares = [f"{method} {_percent(each.deletion)}" for method, each in methods.items()]
        kept.append(f"{label_of(name)} keeps ({', '.join(shares)})")
    clauses = [
        "of a detection's score, while the pixels that a method ranks first are hidden, "
        f"{' and '.join(kept)}, over {count} detections {who} in {images} images",
        "less is better",
        NOT_HELD.format("these intervals"),
    ]
    question = "Can a decision be explained (insertion less deletion, D-RISE)?"
    return Verdict.of(question, answers, clauses, means, f"{images} images")


def _ratio(totals: ArrayLike, counts: ArrayLike) -> Floats:
    """Return means from sums and numbers, nan of none."""
    sums, numbers = np.asarray(totals, np.float64), np.asarray(counts, np.float64)
    return np.divide(sums, numbers, out=np.full_like(sums, nan), where=numbers > 0)


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f} %"


def draw(result: InterpretabilityStudy) -> Figure:
    """Return a plot of deletion and insertion by contender and method."""
    figure = new_figure(12, 4.5)  # each panel has its labels: a contender and its method
    colour = colours(result.summary)
    rows = [
        (name, method, means)
        for name, methods in result.summary.items()
        for method, means in methods.items()
    ]
    for panel, shown, better in zip(
        figure.subplots(1, 2), ("deletion", "insertion"), ("less", "more"), strict=True
    ):
        known = [row for row in rows if not np.isnan(getattr(row[2], shown))]
        draw_bars(
            panel,
            [(f"{label_of(n)}: {m}", getattr(each, shown), (nan, nan)) for n, m, each in known],
            ["#999999" if m in {RANDOM, RANDOM_WITHIN} else colour[n] for n, m, _ in known],
            xlabel=f"{shown} ({better} is better)",
        )
    figure.suptitle("How faithful explanations are, in shares of the score")
    return figure
