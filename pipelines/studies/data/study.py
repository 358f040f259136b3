"""How much data: mAP against the number of training images, and where the curves cross.

Each seed draws nested subsets by chance; the test split is always the same. A network makes as many
updates on few images as on many, so that its curve is about images and not about training length.
A network that still gained in its last fifth, on the validation split and by the figure of the
curves, is undertrained and left out of them; where time is short there are fewer seeds rather than
shorter trainings. As many trainings run at a time as there are cores, with a core each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isinf, isnan

import numpy as np
from matplotlib.figure import Figure

from pipelines.contenders import label_of
from pipelines.runs.finished import Subject
from pipelines.settings import MOST_SEED
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import ends, pairs, with_interval
from pipelines.studies.common.plots import colours, draw_curve, mark, new_figure, scale
from pipelines.studies.common.verdict import ALONE, NEITHER, Study, Verdict
from pipelines.studies.data.curve_fit import (
    LEAST_SIZES,
    Crossover,
    LearningCurve,
    PowerLaw,
    crossover,
    fitted_curve,
    learning_curve,
)
from pipelines.studies.data.plan import (
    SEEDS,
    PlannedTraining,
    SubsetResult,
    costs_of,
    planned_trainings,
    sizes,
    updates_that_fit,
)
from pipelines.studies.data.schedule import at_once, measure, measured, processes
from pipelines.system.progress import on_terminal


@dataclass(frozen=True, kw_only=True)
class TrainingRow(PlannedTraining):
    """One training and its figures on the test split, see `SubsetResult`."""

    map_50: float
    map_50_95: float
    undertrained: bool
    late_gain: float


@dataclass(frozen=True)
class DataStudy(Study[TrainingRow]):
    """All learning curves, and a row each training.

    Attributes:
        curves: by contender; none where too few trainings are left.
        crossovers: where two of them cross, by ``<a>_against_<b>``.
        undertrained: how many trainings were.
    """

    curves: Mapping[str, LearningCurve]
    crossovers: Mapping[str, Crossover]
    undertrained: int


def study(subject: Subject, cells: Cells) -> DataStudy:
    """Train a run's contenders on subsets of its training split and return their curves."""
    costs = costs_of(subject)
    numbers = sizes(costs.images)
    seeds = [(subject.settings.seed + place) % (MOST_SEED + 1) for place in range(SEEDS)]
    updates = updates_that_fit(cells.seconds, costs, numbers)
    wanted = planned_trainings(numbers, seeds, updates)
    count = at_once(subject)
    with processes(subject, count) as pool:
        results = measured(wanted, measure, costs, cells, on_terminal, pool, count)
    return concluded(list(subject.figures), results)


def concluded(names: Sequence[str], results: Mapping[PlannedTraining, SubsetResult]) -> DataStudy:
    """Return the study of the contenders' results."""
    rows = tuple(
        TrainingRow(
            **vars(planned),
            map_50=result.precision.map_50,
            map_50_95=result.precision.map_50_95,
            undertrained=result.undertrained,
            late_gain=result.late_gain,
        )
        for planned, result in results.items()
    )
    levelled: dict[str, dict[int, list[SubsetResult]]] = {name: defaultdict(list) for name in names}
    for planned, result in results.items():
        if not result.undertrained:
            levelled[planned.pipeline][planned.images].append(result)
    fitted = {name: fitted_curve(by_size) for name, by_size in levelled.items()}
    known = {name: curve for name, curve in fitted.items() if curve is not None}
    curves = {
        name: learning_curve(curve, min(levelled[name]), max(levelled[name]))
        for name, curve in known.items()
    }
    crossovers, clauses = {}, []
    for key, (first, second) in pairs(known).items():
        fewest = min(*levelled[first], *levelled[second])
        most = min(max(levelled[first]), max(levelled[second]))  # beyond, one is only guessed
        cross = crossover((first, second), (known[first], known[second]), fewest, most)
        crossovers[key] = cross
        rival = second if cross.better_below == first else first
        than = f" than {label_of(rival)}" if len(names) > 2 else ""
        clauses.append(_clause(cross, than, most))
    clauses += [ALONE] if len(names) == 1 else []
    if any(len(each) == 1 for name in known for each in levelled[name].values()):
        clauses.append(
            "where a size was trained once, intervals hold the sampling error of the test images "
            "only"
        )
    tried = max((row.images for row in rows), default=0)
    most = min((max(levelled[name]) for name in known), default=tried)
    verdict = _verdict(names, rows, known, most, clauses)
    return DataStudy(verdict, rows, curves, crossovers, sum(row.undertrained for row in rows))


def _clause(cross: Crossover, than: str, most: int) -> str:
    better = label_of(cross.better_below)
    if isnan(cross.at):
        return (
            f"no crossover up to {most} images: {better} is better{than} at the end, and "
            f"resamples agree in {100 * cross.share:.0f} %"
        )
    low, high = cross.interval_95
    start = "fewer than were tried" if low == 0 else f"{low:.0f}"
    end = f"more than {most}" if isinf(high) else f"{high:.0f}"
    return (
        f"{better} is better{than} below about {cross.at:.0f} images, 95 % between {start} and "
        f"{end}"
    )


def _verdict(
    names: Sequence[str],
    rows: Sequence[TrainingRow],
    curves: Mapping[str, PowerLaw],
    most: int,
    clauses: Sequence[str],
) -> Verdict:
    """Return the conclusion at the most images with which all that have a curve were measured."""
    remarks = list(clauses)
    for name in names:
        late = [row.undertrained for row in rows if row.pipeline == name]
        if any(late):
            remarks.append(
                f"{sum(late)} of {len(late)} trainings of {label_of(name)} had not levelled off, "
                "and are left out"
            )
    at = {name: curve.at(np.array([float(most)]))[:, 0] for name, curve in curves.items()}
    answers = {name: _mean_of([row for row in rows if row.pipeline == name]) for name in names}
    answers |= {name: with_interval(values[0], ends(values[1:])) for name, values in at.items()}
    if len(curves) < len(names):
        remarks.append(
            f"without {LEAST_SIZES} sizes a contender has no curve; give more --budget-minutes"
        )
    verdict = Verdict.of(
        f"How much data does it need (mAP@.50 with {most} images)?",
        answers,
        remarks,
        {name: values[1:] for name, values in at.items()},
        f"resamples at {most} images",
    )
    if len(curves) < len(names):
        return replace(verdict, favours=NEITHER, sureness="cannot tell: too few trainings")
    return verdict


def _mean_of(rows: Sequence[TrainingRow]) -> str:
    """Return what the trainings on the most images reached, where there is no curve."""
    most = max((row.images for row in rows), default=0)
    values = [row.map_50 for row in rows if row.images == most]
    return f"{np.mean(values):.3f} (no curve)" if values else "not measured"


def draw(result: DataStudy) -> Figure:
    """Return the plot of all curves, with a mark each training."""
    figure = new_figure()
    axes = figure.subplots()
    for name, colour in colours(result.verdict.answers).items():
        for undertrained, marker in ((False, "o"), (True, "x")):
            points = [
                (row.images, row.map_50)
                for row in result.cells
                if row.pipeline == name and row.undertrained == undertrained
            ]
            if points:
                label = label_of(name) + (", undertrained" if undertrained else "")
                images, reached = zip(*points, strict=True)
                axes.scatter(images, reached, color=colour, marker=marker, s=22, label=label)
        if name in result.curves:
            curve = result.curves[name]
            draw_curve(axes, curve.images, curve.fitted, (curve.low, curve.high), colour)
    mark(axes, [cross.at for cross in result.crossovers.values()])
    axes.set(
        xscale=scale(row.images for row in result.cells),
        ylim=(0, 1),
        xlabel="training images",
        ylabel="mAP@.50 on the test split",
        title="How much data: power laws with their 95 % band",
    )
    axes.set_xticks(sorted({row.images for row in result.cells}))
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    if result.cells:
        axes.legend(frameon=False)
    return figure
