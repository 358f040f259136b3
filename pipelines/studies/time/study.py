"""How long it takes: preparing, training, loading, the first call, each call, ten thousand images.

What the main job has timed is taken from it; the rest is timed here, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import ends
from pipelines.studies.common.verdict import Verdict, favoured, share_better
from pipelines.studies.subject import Subject
from pipelines.studies.time.own_times import decoding_seconds
from pipelines.studies.time.pipeline_time import IMAGES, PipelineTime, pipeline_time, timed_alone
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

RESAMPLES = 1000
TRAINING_VARIES = 0.1  # standard deviation taken for a training's time, which is measured once


@dataclass(frozen=True)
class TimeStudy:
    """Both pipelines' times.

    Attributes:
        verdict: the conclusion.
        cells: a row each pipeline.
        done_together_at: images up to which the pipeline that trains sooner is done sooner,
            training included; nan where one is sooner in both.
        done_together_interval_95: of that number; an end is nan where there is none.
    """

    verdict: Verdict
    cells: tuple[PipelineTime, ...]
    done_together_at: float
    done_together_interval_95: tuple[float, float]


def study(subject: Subject, cells: Cells) -> TimeStudy:
    """Return what both pipelines take on this machine."""
    threads = runtime.usable_cores()
    train = subject.dataset.splits["train"]
    decoding = cells.get("decoding", lambda: {"seconds": decoding_seconds(train, threads)})
    rows = []
    for name in on_terminal(("classical", "yolo"), "loading and one core", 2):
        timed = cells.get(name, lambda name=name: timed_alone(subject, name))  # type: ignore[misc]
        rows.append(pipeline_time(name, subject.pipelines[name], timed, decoding, threads))
    calls = {name: subject.pipelines[name]["latency_ms"]["calls"] for name in ("classical", "yolo")}
    return concluded(rows, calls, subject.settings.seed)


def concluded(
    rows: Sequence[PipelineTime], calls: Mapping[str, Sequence[float]], seed: int
) -> TimeStudy:
    """Return the study of both rows.

    Args:
        rows: of the classical pipeline and of YOLO.
        calls: milliseconds of each steady call, by pipeline.
        seed: of the resamples.
    """
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
    share = share_better(-totals["classical"], -totals["yolo"])
    at = _together(fixed, each)
    number = float(np.nanmedian(at)) if np.isfinite(at).mean() > 0.5 else nan
    span = ends(at) if np.isfinite(at).all() else (nan, nan)
    verdict = _verdict(done, totals, share, (number, span))
    return TimeStudy(verdict, tuple(done), number, span)


def _resampled(calls: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return medians in ms, and means by the mean of all, of resampled calls."""
    drawn = calls[random.integers(len(calls), size=(RESAMPLES, len(calls)))]
    return np.median(drawn, axis=1), drawn.mean(axis=1) / calls.mean()


def _together(fixed: Mapping[str, Floats], each: Mapping[str, Floats]) -> Floats:
    """Return the images after which both are done at the same moment, nan where never."""
    later, sooner = fixed["yolo"] - fixed["classical"], each["classical"] - each["yolo"]
    with np.errstate(divide="ignore", invalid="ignore"):
        images = later / sooner
    return np.where((images > 0) & np.isfinite(images), images, nan)


def _verdict(
    rows: Sequence[PipelineTime],
    totals: Mapping[str, Floats],
    share: float,
    together: tuple[float, tuple[float, float]],
) -> Verdict:
    favours, sureness = favoured(share, "resamples of the calls, a training 10 % either way")
    told = {row.pipeline: _answer(row, totals[row.pipeline]) for row in rows}
    number, (low, high) = together
    classical, yolo = rows
    if np.isnan(number):
        trains = "cannot be told from these figures"
        if not np.isnan(share):
            first = "the classical pipeline" if share >= 0.5 else "YOLO"
            trains = f"{first} is done sooner whatever the number of images"
        sentence = f"Training and any number of images: {trains}."
    else:
        names = ("the classical pipeline", "YOLO")
        if yolo.training_seconds < classical.training_seconds:
            names = names[::-1]
        span = "" if np.isnan(low) else f" (95 % {low:,.0f} to {high:,.0f})"
        sentence = (
            f"Training included, {names[0]} is done sooner up to about {number:,.0f} images"
            f"{span} and {names[1]} beyond."
        )
    return Verdict(
        question=f"How long until it is trained and {IMAGES:,} images are done?",
        classical=told["classical"],
        yolo=told["yolo"],
        sentence=sentence,
        favours=favours,
        sureness=sureness,
    )


def _answer(row: PipelineTime, seconds: Floats) -> str:
    if np.isnan(row.hours_for_10000):
        return "not measured"
    if np.isnan(seconds).any():
        return f"{row.hours_for_10000:.2f} h of use"
    low, high = ends(seconds / 3600)
    return f"{float(np.median(seconds)) / 3600:.2f} h [{low:.2f} {high:.2f}]"


def draw(result: TimeStudy) -> Any:
    """Return a plot of the hours against the number of images, training included."""
    from pipelines.studies.common.plots import COLOURS, LABELS, bare, new_figure

    figure = new_figure()
    axes = figure.subplots()
    images = np.logspace(1, 6, 60)
    for row in result.cells:
        each = row.hours_for_10000 / IMAGES
        low, high = (end / IMAGES for end in row.hours_interval_95)
        before = np.nan_to_num(row.training_seconds) / 3600
        colour = COLOURS[row.pipeline]
        axes.plot(images, before + images * each, color=colour, label=LABELS[row.pipeline])
        axes.fill_between(
            images, before + images * low, before + images * high, color=colour, alpha=0.2
        )
    if not np.isnan(result.done_together_at):
        axes.axvline(result.done_together_at, color="#444444", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("images to detect in")
    axes.set_ylabel("hours, training included")
    axes.set_title("Time by the number of images (95 % band)")
    axes.legend(frameon=False)
    bare(axes)
    return figure
