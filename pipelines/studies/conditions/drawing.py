"""The plot of the axis: a panel for each corruption, and one of all slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pipelines.contenders import label_of
from pipelines.evaluation.resampling import LABELS
from pipelines.studies.common.plots import colours, draw_curve, new_figure
from pipelines.studies.conditions.corruptions import SEVERITIES
from pipelines.studies.conditions.slice_figures import SliceFigures

STEP = 0.16  # between contenders on one line


def draw(
    names: Iterable[str],
    curves: Mapping[str, Mapping[str, Sequence[Any]]],
    slices: Sequence[SliceFigures],
    figure: str,
) -> Figure:
    """Return the plot.

    Args:
        names: of the contenders.
        curves: by corruption and contender, rows of severity, value, low and high end.
        slices: below them.
        figure: that decides, by its name.
    """
    colour = colours(names)
    below = 0.3 * len(slices) + 0.9 if slices else 0.0
    whole = new_figure(12, 3.4 + below)
    ratios = [3.4, below] if slices else [1]
    grid = whole.add_gridspec(len(ratios), len(curves), height_ratios=ratios)
    for place, (label, by_name) in enumerate(curves.items()):
        panel = whole.add_subplot(grid[0, place])
        for name, rows in by_name.items():
            severity, value, low, high = np.array(sorted(rows), np.float64).T
            draw_curve(panel, severity, value, (low, high), colour[name], label_of(name))
            panel.plot(severity, value, "o", color=colour[name], markersize=4)
        panel.set(ylim=(0, 1), title=label, xlabel="severity", xticks=(0, *SEVERITIES))
        if place:
            panel.set_yticklabels([])
        else:
            panel.set_ylabel(LABELS[figure])
            panel.legend(frameon=False, fontsize=8)
    if slices:
        _draw_slices(whole.add_subplot(grid[1, :]), colour, slices, LABELS[figure])
    whole.suptitle("The test images made worse, and in parts (95 % intervals)")
    return whole


def _draw_slices(
    panel: Any, colour: Mapping[str, str], slices: Sequence[SliceFigures], label: str
) -> None:
    for number, name in enumerate(colour):
        value = np.array([each.values[name] for each in slices])
        ends = np.array([each.interval_95[name] for each in slices]).reshape(-1, 2).T
        at = np.arange(len(slices)) + STEP * (number - (len(colour) - 1) / 2)
        panel.errorbar(value, at, xerr=np.abs(ends - value), fmt="o", color=colour[name], ms=4)
    panel.set_yticks(range(len(slices)), [f"{each.name} ({each.images})" for each in slices])
    panel.invert_yaxis()
    panel.set(xlim=(0, 1), xlabel=f"{label} (test images in brackets)")
