"""When it gets dark or the camera shakes: the test images made worse, and in parts.

Each contender detects in the same worse images, by five corruptions in three severities; images of
a condition are made as they are needed and not stored. Beside it the test images are divided by
what they look like, which takes no further detection. The figure is the run's own, of the model
that is kept, and all comparisons are corrected for how many they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import isnan
from typing import Any

import msgspec
import numpy as np
from matplotlib.figure import Figure

from datasets.splits import evenly
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.evaluation.resampling import LABELS
from pipelines.evaluation.undefined import Number
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.runs.trainings import NOT_HELD
from pipelines.studies.common.figures import pairs, with_interval
from pipelines.studies.common.verdict import NEITHER, Sampled, Study, Verdict
from pipelines.studies.conditions import drawing
from pipelines.studies.conditions.corruptions import CONDITIONS, CORRUPTIONS, Condition
from pipelines.studies.conditions.detecting import Detectors, found_in_condition, load_detectors
from pipelines.studies.conditions.flips import CLEAN, Flip, flips
from pipelines.studies.conditions.judging import (
    Comparison,
    compared,
    held,
    leaders,
    spread,
    with_resamples,
)
from pipelines.studies.conditions.looks import Look, looks
from pipelines.studies.conditions.rows import (
    ConditionRow,
    condition_row,
    mean_over_corruptions,
    share_of,
)
from pipelines.studies.conditions.sentences import condition_clauses, slice_clauses
from pipelines.studies.conditions.slice_figures import (
    Sliced,
    SliceFigures,
    at,
    sliced,
)
from pipelines.studies.conditions.slices import slices
from pipelines.studies.conditions.tables import condition_table, slice_table
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

MOST_IMAGES = 200  # test images, evenly over their order: fifteen times each contender detects
MAKING_SECONDS = 0.04  # to open an image and make it worse, roughly
LOOKING_SECONDS = 0.02
UNTIMED_SECONDS = 0.2  # that an image takes a contender of which it is not known
QUESTION = "And when it gets dark, or the camera shakes ({} of worse images)?"


class Measured(msgspec.Struct, frozen=True):
    """One condition: by contender the figure that decides, and then that in each resample."""

    values: Mapping[str, tuple[Number, ...]]


@dataclass(frozen=True)
class ConditionsStudy(Study[ConditionRow]):
    """All contenders in all conditions, a row each, and on all slices.

    Attributes:
        mean_of_clean: by contender, the mean over the corruptions, as a share of the figure on the
            images as they are, and its interval.
        comparisons: how every two differ in each condition.
        flips: where another is ahead than on clean images.
        slices: of the test images, those with enough objects to tell.
        slice_comparisons: how every two differ on them.
        withheld: slices with too few.
        images: test images that were made worse.
        figure: that decides, by its name.
        sources: by corruption, the paper its numbers are from.
        tables: for readers, by title.
    """

    mean_of_clean: Mapping[str, tuple[Number, tuple[Number, Number]]]
    comparisons: tuple[Comparison, ...]
    flips: tuple[Flip, ...]
    slices: tuple[SliceFigures, ...]
    slice_comparisons: tuple[Comparison, ...]
    withheld: tuple[str, ...]
    images: int
    figure: str
    sources: Mapping[str, str]
    tables: Mapping[str, Sequence[Mapping[str, str]]]


def study(subject: Subject, cells: Cells) -> ConditionsStudy:
    """Let all contenders detect in worse test images, and divide these by what they look like.

    Raises:
        ImageError: an image can't be read.
        UserError: a detector can't be loaded, or the run's detections are not there.
    """
    threads, settings = runtime.usable_cores(), subject.settings
    figure, test = settings.evaluation.figure, subject.dataset.splits["test"]
    every = EvaluationImages(
        [image.annotations for image in test],
        subject.dataset.classes,
        settings.seed,
        groups=[image.group for image in test],
    )
    places = evenly(range(len(test)), MOST_IMAGES)
    some, images = at(every, places), [test[place] for place in places]
    found = {name: subject.found(name) for name in subject.figures}
    values = {
        name: {CLEAN: with_resamples(some, [each[place] for place in places], figure)}
        for name, each in found.items()
    }

    @cache  # loaded only where something is left to measure
    def detectors() -> Detectors:
        return load_detectors(subject, threads)

    def measure(condition: Condition) -> Measured:
        worse = found_in_condition(detectors(), images, condition, settings.seed, threads)
        of_each = {name: with_resamples(some, each, figure) for name, each in worse.items()}
        return Measured({name: tuple(each.tolist()) for name, each in of_each.items()})

    expected = LOOKING_SECONDS * len(test)
    seen = cells.get("looks", list[Look], lambda: looks(test, threads, on_terminal), expected)
    parts = slices(test, seen, settings.conditions.slice)
    measured: list[Condition] = []
    expected = _expected(subject, len(images))
    for condition in on_terminal(CONDITIONS, "conditions", len(CONDITIONS)):
        before = cells.spent
        result = cells.get(condition.name, Measured, partial(measure, condition), expected)
        if result is None:
            continue
        expected = cells.spent - before  # as the last one took, kept or not
        measured.append(condition)
        for name, of_each in result.values.items():
            values[name][condition.name] = np.array(of_each, np.float64)
    return concluded(values, measured, some, sliced(every, found, parts, figure), figure)


def _expected(subject: Subject, images: int) -> float:
    """Return how many seconds a condition takes, roughly."""
    known = [each.latency_ms for each in subject.figures.values()]
    seconds = sum(UNTIMED_SECONDS if each is None else each.p50 / 1000 for each in known)
    return images * (MAKING_SECONDS + seconds)


def concluded(
    values: Mapping[str, Mapping[str, Floats]],
    measured: Sequence[Condition],
    images: EvaluationImages,
    parts: Sliced,
    figure: str,
) -> ConditionsStudy:
    """Return the study of what was measured.

    Args:
        values: by contender and condition, `CLEAN` among them, what `with_resamples` gave.
        measured: the conditions.
        images: that were made worse.
        parts: the test images' slices.
        figure: that decides, by its name.
    """
    measured = sorted(measured, key=lambda each: (_place(each), each.severity))
    holding, a_class = held(images)
    where = [CLEAN, *(each.name for each in measured)]
    comparisons = compared(values, dict.fromkeys(where, holding), len(images.ground_truth))
    of_pairs = list(pairs(values).values())
    turned = flips(comparisons, measured, of_pairs)
    rows = []
    for name, each in values.items():
        clean = each[CLEAN]
        rows.append(condition_row(name, CLEAN, 0, clean, clean, (holding, a_class)))
        for condition in measured:
            there = each[condition.name]
            of_what = condition.corruption.name, condition.severity
            rows.append(condition_row(name, *of_what, there, clean, (holding, a_class)))
    means = {name: mean_over_corruptions(each, measured) for name, each in values.items()}
    shares = {name: share_of(means[name], each[CLEAN]) for name, each in values.items()}
    mean_of_clean = {
        name: (float(each[0]), spread(each, holding, a_class)) for name, each in shares.items()
    }
    label = LABELS[figure]
    clauses = [
        *condition_clauses(mean_of_clean, comparisons, turned, measured, len(images.ground_truth)),
        *slice_clauses(
            parts, {pair: leaders(comparisons, pair).get(CLEAN, NEITHER) for pair in of_pairs}
        ),
        NOT_HELD.format("these intervals"),
    ]
    answers = {
        name: f"keeps {with_interval(*mean_of_clean[name])} of {each[CLEAN][0]:.3f}"
        if not isnan(mean_of_clean[name][0])
        else "not measured"
        for name, each in values.items()
    }
    sampled = {
        name: Sampled(float(each[0]), each[1:], holding) if measured else Sampled.unmeasured()
        for name, each in means.items()
    }
    verdict = Verdict.of(QUESTION.format(label), answers, clauses, sampled, "the test images")
    return ConditionsStudy(
        verdict=verdict,
        cells=tuple(rows),
        mean_of_clean=mean_of_clean,
        comparisons=comparisons,
        flips=turned,
        slices=parts.rows,
        slice_comparisons=parts.comparisons,
        withheld=parts.withheld,
        images=len(images.ground_truth),
        figure=figure,
        sources={each.name: each.source for each in CORRUPTIONS},
        tables={
            **condition_table(rows, comparisons, label),
            **slice_table(parts, label),
        },
    )


def _place(condition: Condition) -> int:
    return CORRUPTIONS.index(condition.corruption)


def draw(result: ConditionsStudy) -> Figure:
    """Return a plot of the figure against each corruption's severity, and on each slice."""
    return drawing.draw(result.verdict.answers, _curves(result), result.slices, result.figure)


def _curves(result: ConditionsStudy) -> Mapping[str, Mapping[str, list[Any]]]:
    """Return by corruption and contender rows of severity, value, low and high end."""
    curves: dict[str, dict[str, list[Any]]] = {}
    for corruption in CORRUPTIONS:
        wanted = {CLEAN, corruption.name}
        by_name: dict[str, list[Any]] = {}
        for row in result.cells:
            if row.corruption in wanted:
                line = (row.severity, row.value, *row.interval_95)
                by_name.setdefault(row.pipeline, []).append(line)
        curves[corruption.label] = by_name
    return curves
