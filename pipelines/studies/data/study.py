"""How much data: mAP against the number of training images, and where the curves cross.

Each seed draws nested subsets by chance; the test split is always the same. YOLO makes as many
updates on few images as on many, so that its curve is about images and not about training length.
A YOLO training that still gained in its last fifth, on the validation split and by the figure of
the curves, is undertrained and left out of them; where time is short there are fewer seeds rather
than shorter trainings. As many trainings run at a time as there are cores, with a core each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf, isnan
from typing import Any

import numpy as np

from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import ends, number
from pipelines.studies.common.verdict import NAMES, NEITHER, Verdict, favoured, share_better
from pipelines.studies.data.curve_fit import LEAST_SIZES, Crossover, crossover
from pipelines.studies.data.learning_curves import Curve, curve_of, laws_of
from pipelines.studies.data.plan import (
    PIPELINES,
    SEEDS,
    Key,
    costs_of,
    keys,
    sizes,
    yolo_updates,
)
from pipelines.studies.data.schedule import measured
from pipelines.studies.subject import Subject
from pipelines.system.progress import on_terminal


@dataclass(frozen=True)
class Trained:
    """One training's figures on the test split.

    Attributes:
        pipeline: ``classical`` or ``yolo``.
        images: it learnt from.
        seed: of the subset and the training.
        updates: of YOLO, else 0.
        map_50: mAP@.50.
        map_50_95: mAP@[.50:.95].
        undertrained: it still gained, so that its figure says nothing of the images.
        late_gain: mAP@.50 that it gained on the validation split in its last fifth; nan for none.
    """

    pipeline: str
    images: int
    seed: int
    updates: int
    map_50: float
    map_50_95: float
    undertrained: bool
    late_gain: float


@dataclass(frozen=True)
class DataStudy:
    """Both learning curves.

    Attributes:
        verdict: the conclusion.
        cells: a row each training.
        curves: by pipeline; none where too few trainings are left.
        crossover: where they cross; None where there are not two curves.
        undertrained: how many YOLO trainings were.
    """

    verdict: Verdict
    cells: tuple[Trained, ...]
    curves: Mapping[str, Curve]
    crossover: Crossover | None
    undertrained: int


def study(subject: Subject, cells: Cells) -> DataStudy:
    """Train both pipelines on subsets of a run's training split and return their curves."""
    from pipelines.studies.data.side_by_side import at_once, measure, processes

    costs = costs_of(subject)
    numbers = sizes(costs.images)
    seeds = [subject.settings.seed + place for place in range(SEEDS)]
    updates = yolo_updates(
        cells.seconds, costs, numbers, subject.pipelines["yolo"]["training"]["updates"]
    )
    wanted = keys(numbers, seeds, updates)
    count = at_once(subject)
    with processes(subject, count) as pool:
        found = measured(wanted, measure, costs, cells, on_terminal, pool, count)
    return concluded(found)


def concluded(found: Mapping[Key, Mapping[str, Any]]) -> DataStudy:
    """Return the study of what was measured."""
    rows = tuple(
        Trained(
            key.pipeline,
            key.images,
            key.seed,
            key.updates,
            number(told["map_50"]),
            number(told["map_50_95"]),
            told["undertrained"],
            number(told.get("late_gain")),
        )
        for key, told in found.items()
    )
    undertrained = sum(row.undertrained for row in rows)
    levelled = {key: told for key, told in found.items() if not told["undertrained"]}
    laws = {
        name: laws_of({k: told for k, told in levelled.items() if k.pipeline == name})
        for name in PIPELINES
    }
    sizes_of = {
        name: [key.images for key in levelled if key.pipeline == name] for name in PIPELINES
    }
    curves = {
        name: curve_of(law, min(sizes_of[name]), max(sizes_of[name]))
        for name, law in laws.items()
        if law is not None
    }
    classical, yolo = laws["classical"], laws["yolo"]
    if classical is None or yolo is None:
        verdict = _untold(rows, undertrained)
        return DataStudy(verdict, rows, curves, None, undertrained)
    fewest = min(min(each) for each in sizes_of.values())
    most = min(max(each) for each in sizes_of.values())  # beyond, one of them is only guessed
    cross = crossover((classical[0], yolo[0]), (classical[1], yolo[1]), fewest, most)
    end = np.array([float(most)])
    answers = {
        name: _answer(law[0].at(end)[0, 0], ends(law[1].at(end)[:, 0]))
        for name, law in (("classical", classical), ("yolo", yolo))
    }
    share = share_better(classical[1].at(end)[:, 0], yolo[1].at(end)[:, 0])
    counts = Counter((key.pipeline, key.images) for key in levelled)
    verdict = _verdict(cross, share, most, answers, rows, min(counts.values()))
    return DataStudy(verdict, rows, curves, cross, undertrained)


def _verdict(
    cross: Crossover,
    share: float,
    most: int,
    answers: Mapping[str, str],
    rows: Sequence[Trained],
    fewest_seeds: int,
) -> Verdict:
    favours, sureness = favoured(share, f"resamples at {most} images")
    better = NAMES[cross.better_below]
    if isnan(cross.at):
        told = (
            f"No crossover up to {most} images: {better} is better at the end, and resamples "
            f"agree in {100 * cross.share:.0f} %"
        )
    else:
        low, high = cross.interval_95
        span = (
            f"95 % between {'fewer than were tried' if low == 0 else f'{low:.0f}'} and "
            f"{f'more than {most}' if isinf(high) else f'{high:.0f}'}"
        )
        told = f"{better} is better below about {cross.at:.0f} images, {span}"
    late = [row.undertrained for row in rows if row.pipeline == "yolo"]
    if any(late):
        told += (
            f"; {sum(late)} of {len(late)} YOLO trainings had not levelled off, and are left out"
        )
    if fewest_seeds == 1:
        told += "; where a size was trained once, intervals hold the luck of the test images only"
    return Verdict(
        question=f"How much data does it need (mAP@.50 with {most} images)?",
        classical=answers["classical"],
        yolo=answers["yolo"],
        sentence=told[0].upper() + told[1:] + ".",
        favours=favours,
        sureness=sureness,
    )


def _answer(point: float, interval_95: tuple[float, float]) -> str:
    return f"{point:.3f} [{interval_95[0]:.3f} {interval_95[1]:.3f}]"


def _untold(rows: Sequence[Trained], undertrained: int) -> Verdict:
    """Return the verdict where there are not two curves."""
    most = max((row.images for row in rows), default=0)
    means = {}
    for name in PIPELINES:
        mine = [row.map_50 for row in rows if row.pipeline == name and row.images == most]
        kept = f"{np.mean(mine):.3f} (no curve)" if mine else "not measured"
        means[name] = kept
    return Verdict(
        question=f"How much data does it need (mAP@.50 with {most} images)?",
        classical=means["classical"],
        yolo=means["yolo"],
        sentence=(
            f"Where the curves cross can't be told: {undertrained} YOLO trainings had not levelled "
            f"off, and fewer than {LEAST_SIZES} sizes are left; give more --budget-minutes."
        ),
        favours=NEITHER,
        sureness="cannot tell: too few trainings",
    )


def draw(result: DataStudy) -> Any:
    """Return the plot of both curves, with a mark each training."""
    from pipelines.studies.common.plots import COLOURS, LABELS, bare, new_figure

    figure = new_figure()
    axes = figure.subplots()
    for name in PIPELINES:
        colour = COLOURS[name]
        for undertrained, marker in ((False, "o"), (True, "x")):
            rows = [
                row
                for row in result.cells
                if row.pipeline == name and row.undertrained == undertrained
            ]
            if rows:
                label = LABELS[name] + (", undertrained" if undertrained else "")
                numbers, reached = [row.images for row in rows], [row.map_50 for row in rows]
                axes.scatter(numbers, reached, color=colour, marker=marker, s=22, label=label)
        if name in result.curves:
            curve = result.curves[name]
            axes.plot(curve.images, curve.fitted, color=colour)
            axes.fill_between(curve.images, curve.low, curve.high, color=colour, alpha=0.2)
    if result.crossover is not None and not isnan(result.crossover.at):
        axes.axvline(result.crossover.at, color="#444444", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_xticks(sorted({row.images for row in result.cells}))
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(0, 1)
    axes.set_xlabel("training images")
    axes.set_ylabel("mAP@.50 on the test split")
    axes.set_title("How much data: power laws with their 95 % band")
    if result.cells:
        axes.legend(frameon=False)
    bare(axes)
    return figure
