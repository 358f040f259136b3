"""How much data: mAP against the number of training images, and where the curves cross.

Each seed draws nested subsets by chance; the test split is always the same. A network makes as many
updates on few images as on many, so that its curve is about images and not about training length.
A network that still gained from 60 to 80 % of its updates, on the validation split and by the
figure of the curves, is undertrained and left out of them; later its mosaics end and its rate
falls, and any network gains. Where time is short there are fewer seeds rather than
shorter trainings. As many trainings run at a time as there are cores, with a core each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isinf, isnan

import numpy as np
from matplotlib.figure import Figure

from pipelines.contenders import label_of
from pipelines.evaluation.resampling import DECISIVE, LABELS
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.settings import seeds_from
from pipelines.studies.common.figures import ends, pairs, with_interval
from pipelines.studies.common.plots import colours, draw_curve, new_figure, ring, scale
from pipelines.studies.common.verdict import ALONE, NEITHER, Sampled, Study, Verdict
from pipelines.studies.data.curve_fit import (
    LEAST_SIZES,
    Crossover,
    LearningCurve,
    PowerLaw,
    crossover,
    fit_power_law,
    learning_curve,
    measured_figures,
)
from pipelines.studies.data.leaders import Stretch, leading, stretches
from pipelines.studies.data.plan import (
    SEEDS,
    PlannedTraining,
    SubsetResult,
    costs_of,
    planned_trainings,
    sizes,
    updates_that_fit,
)
from pipelines.studies.data.schedule import measure, measured, workers
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
        crossovers: where two of them cross, by ``<a>_against_<b>``; none for two that were not
            both measured with fewer and with more images.
        ahead: who is, from the fewest images to the most that all with a curve were measured with.
        undertrained: how many trainings were.
        figure: that the curves are of, by its name.
    """

    curves: Mapping[str, LearningCurve]
    crossovers: Mapping[str, Crossover]
    ahead: Sequence[Stretch]
    undertrained: int
    figure: str


def study(subject: Subject, cells: Cells) -> DataStudy:
    """Train a run's contenders on subsets of its training split and return their curves."""
    costs = costs_of(subject)
    numbers = sizes(costs.images)
    seeds = seeds_from(subject.settings.seed, SEEDS)
    updates = updates_that_fit(cells.seconds, costs, numbers)
    wanted = planned_trainings(numbers, seeds, updates)
    with workers(subject) as given:
        results = measured(wanted, measure, costs, cells, on_terminal, given.pool, given.count)
    return concluded(list(subject.figures), results, subject.settings.evaluation.figure)


def concluded(
    names: Sequence[str],
    results: Mapping[PlannedTraining, SubsetResult],
    figure: str = DECISIVE,
) -> DataStudy:
    """Return the study of the contenders' results, whose figure is what decides."""
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
    figures = {name: measured_figures(by_size) for name, by_size in levelled.items()}
    means = {name: each for name, each in figures.items() if each is not None}
    known = {name: fit_power_law(each.sizes, each.values) for name, each in means.items()}
    measured_with = {name: (min(levelled[name]), max(levelled[name])) for name in known}
    curves = {name: learning_curve(curve, *measured_with[name]) for name, curve in known.items()}
    units = min((each.precision.images for each in results.values()), default=0)
    ahead = stretches(known, *_shared(measured_with.values()), units) if known else ()
    clauses, crossovers = [], {}
    if ahead:
        only = f"of {' and '.join(map(label_of, known))} alone, " if len(known) < len(names) else ""
        clauses.append(only + leading(ahead, len(known)))
    for key, pair in pairs(known).items():
        fewest, most = _shared(measured_with[name] for name in pair)  # beyond, one is only guessed
        if fewest < most:
            first, second = pair
            shapes = (known[first], known[second]), (means[first], means[second])
            cross = crossover(pair, shapes, fewest, most)
            crossovers[key] = cross
            once = any(len(each) == 1 for name in pair for each in levelled[name].values())
            clauses.append(_clause(pair, cross, fewest, most, once=once))
    clauses += [ALONE] if len(names) == 1 else []
    if any(len(each) == 1 for name in known for each in levelled[name].values()):
        clauses.append(
            "where a size was trained once, intervals hold the sampling error of the test images "
            "only"
        )
    tried = max((row.images for row in rows), default=0)
    most = min((max(levelled[name]) for name in known), default=tried)
    verdict = _verdict(names, rows, known, most, clauses, units, figure)
    undertrained = sum(row.undertrained for row in rows)
    return DataStudy(verdict, rows, curves, crossovers, ahead, undertrained, figure)


def _shared(ranges: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the fewest and the most images that all were measured with."""
    fewest, most = zip(*ranges, strict=True)
    return max(fewest), min(most)


def _clause(pair: tuple[str, str], cross: Crossover, fewest: int, most: int, *, once: bool) -> str:
    """Say where the curves cross; of sizes trained ``once`` the interval holds less than 95 %."""
    first, second = map(label_of, pair)
    if cross.better_below == NEITHER:
        return f"{first} and {second} are equal from {fewest} to {most}"
    better, other = (first, second) if cross.better_below == pair[0] else (second, first)
    if isnan(cross.at):
        share = 100 * cross.share
        return f"{better} is ahead of {other} from {fewest} to {most} in {share:.0f} % of resamples"
    low, high = cross.interval_95
    start = f"fewer than {fewest}" if low == 0 else f"{low:.0f}"
    end = f"more than {most}" if isinf(high) else f"{high:.0f}"
    surely = "roughly" if once else "95 %"
    return (
        f"{better} is ahead of {other} below about {cross.at:.0f} images, {surely} between {start} "
        f"and {end}"
    )


def _verdict(
    names: Sequence[str],
    rows: Sequence[TrainingRow],
    curves: Mapping[str, PowerLaw],
    most: int,
    clauses: Sequence[str],
    units: int,
    figure: str,
) -> Verdict:
    """Return the conclusion at the most images with which all that have a curve were measured.

    ``units`` are the test images that hold an object.
    """
    remarks = list(clauses)
    for name in names:
        late = [row.undertrained for row in rows if row.pipeline == name]
        if any(late):
            remarks.append(
                f"{sum(late)} of {len(late)} trainings of {label_of(name)} had not levelled off, "
                "and are left out"
            )
    at = {name: curve.at(np.array([float(most)]))[:, 0] for name, curve in curves.items()}
    of_each = {name: [row for row in rows if row.pipeline == name] for name in names}
    answers = {name: _mean_of(own, figure) for name, own in of_each.items()}
    answers |= {name: with_interval(values[0], ends(values[1:])) for name, values in at.items()}
    if len(curves) < len(names):
        remarks.append(
            f"without {LEAST_SIZES} sizes a contender has no curve; give more --budget-minutes"
        )
    verdict = Verdict.of(
        f"How much data does it need ({LABELS[figure]} with {most} images)?",
        answers,
        remarks,
        {name: Sampled(values[0], values[1:], units) for name, values in at.items()},
        f"the test images and of trainings on {most}",
    )
    if len(curves) < len(names):
        return replace(verdict, favours=NEITHER, sureness="cannot tell: too few trainings")
    return verdict


def _mean_of(rows: Sequence[TrainingRow], figure: str) -> str:
    """Return what the trainings on the most images reached, where there is no curve."""
    most = max((row.images for row in rows), default=0)
    values = [getattr(row, figure) for row in rows if row.images == most]
    return f"{np.mean(values):.3f} (no curve)" if values else "not measured"


def draw(result: DataStudy) -> Figure:
    """Return the plot of all curves, with a mark each training."""
    figure = new_figure()
    axes = figure.subplots()
    for name, colour in colours(result.verdict.answers).items():
        for undertrained, marker in ((False, "o"), (True, "x")):
            points = [
                (row.images, getattr(row, result.figure))
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
    axes.set(
        xscale=scale(row.images for row in result.cells),
        ylim=(0, 1),
        xlabel="training images",
        ylabel=f"{LABELS[result.figure]} on the test split",
        title="How much data: power laws with their 95 % band",
    )
    axes.set_xticks(sorted({row.images for row in result.cells}))
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    crossing = [
        (cross.at, result.curves[first])
        for key, (first, _) in pairs(result.curves).items()
        if (cross := result.crossovers.get(key)) is not None
    ]
    ring(axes, [(at, float(np.interp(at, each.images, each.fitted))) for at, each in crossing])
    if result.cells:
        axes.legend(frameon=False)
    return figure
