"""How long it takes: preparing, training, loading, the first call, each call, ten thousand images.

What the main job has timed is taken from it; the rest is timed here, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isnan, nan

import numpy as np
from matplotlib.figure import Figure

from pipelines.contenders import label_of
from pipelines.evaluation.pairs import Floats
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.studies.common.figures import ends, pairs, with_interval
from pipelines.studies.common.plots import colours, draw_curve, new_figure, ring, scale
from pipelines.studies.common.verdict import ALONE, Sampled, Study, Verdict, share_better
from pipelines.studies.time.contender_time import (
    IMAGES,
    ContenderTime,
    TimedAlone,
    contender_time,
    decoding_seconds,
    timed_alone,
)
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

RESAMPLES = 1000
TRAINING_VARIES = 0.1  # standard deviation taken for a training's time, which is measured once


@dataclass(frozen=True)
class DoneTogether:
    """When two contenders are done at the same moment, training included.

    Attributes:
        at: images up to which the contender that is ready sooner is done sooner; nan where one is
            sooner in both.
        interval_95: of that number; an end is nan where there is none.
    """

    at: float
    interval_95: tuple[float, float]


@dataclass(frozen=True)
class TimeStudy(Study[ContenderTime]):
    """All contenders' times, a row each, and when two are done, by ``<a>_against_<b>``."""

    done_together: Mapping[str, DoneTogether]


def study(subject: Subject, cells: Cells) -> TimeStudy:
    """Return what a run's contenders take on this machine."""
    threads = runtime.usable_cores()
    train = subject.dataset.splits["train"]
    decoding = cells.get("decoding", float, lambda: decoding_seconds(train, threads))
    preparing = nan if decoding is None else decoding
    rows, calls = [], {}
    for name in on_terminal(subject.figures, "loading and one core", len(subject.figures)):
        figures = subject.figures[name]
        timed = cells.get(name, TimedAlone, partial(timed_alone, subject, name)) or TimedAlone()
        rows.append(contender_time(name, figures, timed, preparing, threads))
        calls[name] = (nan,) if figures.latency_ms is None else figures.latency_ms.calls
    return concluded(rows, calls, subject.settings.seed)


def concluded(
    rows: Sequence[ContenderTime], calls: Mapping[str, Sequence[float]], seed: int
) -> TimeStudy:
    """Return the study of all rows, with milliseconds of each steady call by contender."""
    random = np.random.default_rng(seed)
    drawn = {row.pipeline: _resampled(np.array(calls[row.pipeline]), random) for row in rows}
    done, totals, fixed, each = [], {}, {}, {}
    for row in rows:
        medians, means = drawn[row.pipeline]
        hours = row.hours_for_10000 * means
        done.append(replace(row, steady_interval_95=ends(medians), hours_interval_95=ends(hours)))
        before = row.training_seconds * random.normal(1.0, TRAINING_VARIES, RESAMPLES)
        if not row.preparing_in_training:
            before = before + row.preparing_seconds
        each[row.pipeline] = (3600 * row.hours_for_10000 - row.loading_seconds) / IMAGES * means
        fixed[row.pipeline] = before + row.loading_seconds
        totals[row.pipeline] = before + 3600 * hours
    together, clauses = {}, []
    for key, (first, second) in pairs(totals).items():
        together[key] = _together(fixed[second] - fixed[first], each[first] - each[second])
        sooner = fixed if not isnan(together[key].at) else totals
        share = share_better(-sooner[first], -sooner[second])
        names = (second, first) if share < 0.5 else (first, second)
        clauses.append(_clause(names, together[key], share, alone=len(rows) == 2))
    verdict = Verdict.of(
        f"How long until it is trained and {IMAGES:,} images are done?",
        {row.pipeline: _answer(row, totals[row.pipeline]) for row in done},
        [f"training included, {'; '.join(clauses or [ALONE])}"],
        {
            name: Sampled(float(np.median(seconds)), seconds, len(calls[name])).less_is_better()
            for name, seconds in totals.items()
        },
        "the calls, a training 10 % either way",
    )
    return TimeStudy(verdict, tuple(done), together)


def _resampled(calls: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return medians in ms, and means by the mean of all, of resampled calls."""
    drawn = calls[random.integers(len(calls), size=(RESAMPLES, len(calls)))]
    return np.median(drawn, axis=1), drawn.mean(axis=1) / calls.mean()


def _together(later: Floats, sooner: Floats) -> DoneTogether:
    """Return after how many images two are done at the same moment.

    The second is ready ``(B,)`` seconds later, and sooner by so many with each image.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        images = later / sooner
    images = np.where((images > 0) & np.isfinite(images), images, nan)
    known = np.isfinite(images)
    return DoneTogether(
        float(np.nanmedian(images)) if known.mean() > 0.5 else nan,
        ends(images) if known.all() else (nan, nan),
    )


def _clause(names: tuple[str, str], together: DoneTogether, share: float, *, alone: bool) -> str:
    """Return who of two is done sooner, the first with few images, or with 10,000.

    ``share`` is nan where they can't be compared; ``alone`` says that there is no third.
    """
    first, second = map(label_of, names)
    if isnan(share):
        return f"which of {first} and {second} is done sooner does not follow from these figures"
    if isnan(together.at):
        than = "" if alone else f" than {second}"
        return (
            f"{first} is done sooner{than} whatever the number of images, in {100 * share:.0f} % "
            "of resamples"
        )
    low, high = together.interval_95
    span = "" if isnan(low) else f" (95 % {low:,.0f} to {high:,.0f})"
    return f"{first} is done sooner up to about {together.at:,.0f} images{span} and {second} beyond"


def _answer(row: ContenderTime, seconds: Floats) -> str:
    if isnan(row.hours_for_10000):
        return "not measured"
    if np.isnan(seconds).any():
        return f"{row.hours_for_10000:.2f} h of use"
    return with_interval(float(np.median(seconds)) / 3600, ends(seconds / 3600), 2, " h")


def draw(result: TimeStudy) -> Figure:
    """Return a plot of the hours against the number of images, training included."""
    figure = new_figure()
    axes = figure.subplots()
    images = np.logspace(1, 6, 60)
    colour_of, drawn = colours(row.pipeline for row in result.cells), {}
    for row in result.cells:
        each = np.array([row.hours_for_10000, *row.hours_interval_95])[:, None] / IMAGES
        hours, low, high = np.nan_to_num(row.training_seconds) / 3600 + images * each
        drawn[row.pipeline] = hours
        colour = colour_of[row.pipeline]
        draw_curve(axes, images, hours, (low, high), colour, label_of(row.pipeline))
    axes.set(
        xscale="log",
        yscale=scale(row.hours_for_10000 for row in result.cells),
        xlabel="images to detect in",
        ylabel="hours, training included",
        title="Time by the number of images (95 % band)",
    )
    points = [
        (result.done_together[key].at, drawn[first]) for key, (first, _) in pairs(drawn).items()
    ]
    ring(axes, [(at, float(np.interp(at, images, hours))) for at, hours in points])
    axes.legend(frameon=False)
    return figure
