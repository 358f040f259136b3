"""The figures of a report: precision against recall, times, losses, each as SVG for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from pipelines.evaluation.precision import RECALLS
from pipelines.report.rows import shown
from pipelines.report.run_page.inline_svg import DASHES, FAINT, INK, SERIES, STYLE, inline
from pipelines.runs.metrics import DetectorMetrics
from pipelines.training import LossHistory

WIDE, SMALL = (4.6, 3.0), (3.0, 2.5)  # inches; what is small stands beside others
ROUND = "mining round"
LOG_FROM = 5.0  # times that differ by as much are drawn on a logarithmic axis


def precision_recall(
    pipelines: Mapping[str, DetectorMetrics], label: str | None, name: str, title: str
) -> Markup | None:
    """Return precision against recall at IoU .50 of every detector; None if there is no object.

    Without ``label``, a class, it is the mean over the classes with objects. ``name`` is the
    figure's in the page, and ``title`` what it is of, for those who do not see it.
    """
    lines = {}
    for pipeline, detector in pipelines.items():
        per_class = detector.quality.per_class
        chosen = per_class.values() if label is None else [per_class[label]]
        curves = [quality.precision_50 for quality in chosen if quality.ground_truth]
        if not curves:
            return None
        lines[pipeline] = np.mean(curves, axis=0)
    with _axes(WIDE if label is None else SMALL) as (figure, axes):
        for place, line in enumerate(lines.values()):
            colour, dashes = SERIES[place % len(SERIES)], DASHES[place % len(DASHES)]
            axes.plot(RECALLS, line, color=colour, ls=dashes)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        axes.set_aspect("auto")
        means = ", ".join(f"{pipeline} {line.mean():.2f}" for pipeline, line in lines.items())
        return inline(figure, name, f"Precision against recall, {title}; mean precision: {means}")


def reliability(detector: DetectorMetrics, place: int, name: str) -> Markup | None:
    """Return the share of detections that is right against their score; None if it is not known.

    It is of the detector at that ``place`` in the page; dashed is what its scores were before its
    last step, if that changed them.
    """
    after, calibration = detector.quality.reliability, detector.calibration
    if after is None or not after.bins:
        return None
    with _axes(SMALL) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=FAINT, lw=1.2)
        if calibration is not None and calibration.fitted.changes:
            points = [(each.score, each.right) for each in calibration.before.bins]
            axes.plot(*zip(*points, strict=True), color=INK, ls=DASHES[1], lw=1)
        points = [(each.score, each.right) for each in after.bins]
        axes.plot(*zip(*points, strict=True), "-o", color=SERIES[place % len(SERIES)], ms=4)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="score", ylabel="share right")
        text = ", ".join(f"{score:.2f}: {right:.2f}" for score, right in points)
        return inline(figure, name, f"Share of detections that is right, by score; {text}")


def latencies(pipelines: Mapping[str, DetectorMetrics], name: str) -> Markup | None:
    """Return every timed call as a dot, a row a detector, with median and 90th percentile."""
    timed = {key: each.latency_ms for key, each in pipelines.items() if each.latency_ms is not None}
    if not timed:
        return None
    places = {key: place for place, key in enumerate(pipelines)}
    random = np.random.default_rng(0)  # the height within a row means nothing
    with _axes((4.6, 0.9 + 0.62 * len(timed))) as (figure, axes):
        for row, (key, latency) in enumerate(timed.items()):
            heights = row + random.uniform(-0.22, 0.22, len(latency.calls))
            colour = SERIES[places[key] % len(SERIES)]
            axes.plot(latency.calls, heights, "o", color=colour, alpha=0.45, markersize=3, mew=0)
            for percentile, style in ((latency.p50, "-"), (latency.p90, (0, (2, 1.5)))):
                if not np.isnan(percentile):
                    ends = [row - 0.34, row + 0.34]
                    axes.plot([percentile] * 2, ends, ls=style, color=INK, lw=1.4)
        axes.set(ylim=(len(timed) - 0.4, -0.6), xlabel="milliseconds an image")
        axes.set_yticks(range(len(timed)), list(timed))
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        _scale_times(axes, [call for latency in timed.values() for call in latency.calls])
        medians = ", ".join(f"{key} {latency.p50:.1f} ms" for key, latency in timed.items())
        return inline(figure, name, f"Time of each call; medians: {medians}")


def losses(curve: LossHistory | None, name: str) -> Markup | None:
    """Return the losses of a network's training against its updates."""
    if curve is None or not curve.classes:
        return None
    updates = curve.updates_a_point * np.arange(1, len(curve.classes) + 1)
    lines = {"classes": curve.classes, "boxes": curve.boxes}
    with _axes(WIDE) as (figure, axes):
        for place, (kind, values) in enumerate(lines.items()):
            axes.plot(updates, values, ls=DASHES[place], color=INK)
            end = (updates[-1], values[-1])
            axes.annotate(kind, end, (5, 0), textcoords="offset points", va="center")
        axes.set(xlabel="update", ylabel="loss")
        _logarithmic(axes, "y")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ends = ", ".join(f"{kind} {values[-1]:.2f}" for kind, values in lines.items())
        return inline(figure, name, f"Losses while training; at the end: {ends}")


def validations(
    values: Sequence[float], at: Sequence[float], chosen: int | None, axis: str, name: str
) -> Markup | None:
    """Return mAP@[.50:.95] on the validation split along a training, the chosen one ringed.

    Args:
        values: of each validation, nan without an object.
        at: where each was: updates, seconds or rounds, as ``axis`` says.
        chosen: place of the one that was kept.
        axis: what ``at`` counts.
        name: of the figure in the page.
    """
    if not len(values) or np.isnan(values).all():
        return None
    with _axes(WIDE) as (figure, axes):
        axes.plot(at, values, "-o", color=INK, markersize=4)
        if chosen is not None:
            axes.plot(at[chosen], values[chosen], "o", ms=11, mfc="none", mec=INK, mew=1.4)
        axes.set(xlabel=axis, ylabel="validation mAP@[.50:.95]")
        axes.set_ylim(0, max(1.15 * float(np.nanmax(values)), 0.05))
        if axis == ROUND:  # they are few and whole
            axes.set_xlim(min(at) - 0.5, max(at) + 0.5)
            axes.set_xticks(at)
        else:
            axes.set_xlim(left=0)
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        text = ", ".join(f"{place:g}: {shown(v)}" for place, v in zip(at, values, strict=True))
        return inline(figure, name, f"Validation mAP by {axis}; {text}")


@contextmanager
def _axes(size: tuple[float, float]) -> Iterator[tuple[Figure, Axes]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        yield figure, figure.subplots()


def _scale_times(axes: Axes, calls: Sequence[float]) -> None:
    """Let the axis begin at 0, or be logarithmic where some calls take many times as long."""
    if max(calls) < LOG_FROM * max(min(calls), 1e-9):
        axes.set_xlim(0, 1.05 * max(calls))
    else:
        _logarithmic(axes, "x")


def _logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    axes.set(**{f"{which}scale": "log"})
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
