"""Plots of the studies: one look for all, each saved as PNG and SVG."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import cycle
from math import isnan
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipelines.system.files import replacing_file

# Okabe & Ito 2008: people who do not tell red from green tell them apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DPI = 120
# Text stays text, and the same figures give the same file.
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "axes", "font.size": 10.0}


def new_figure(width: float = 8.0, height: float = 4.5) -> Figure:
    """Return an empty figure of that many inches, which belongs to no window."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each contender, in the order of the run."""
    return dict(zip(names, cycle(COLOURS), strict=False))


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``<name>.png`` and ``<name>.svg``, each whole or not there.

    Panels lose their upper and right lines, which say nothing.
    """
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    for kind in ("png", "svg"):
        metadata = {"Date": None} if kind == "svg" else {}
        with replacing_file(folder / f"{name}.{kind}") as beside, mpl.rc_context(STYLE):
            figure.savefig(beside, format=kind, dpi=DPI, metadata=metadata)


def draw_bars(
    axes: Any,
    bars: Sequence[tuple[str, float, tuple[float, float]]],
    colours: str | Sequence[str],
    **settings: Any,
) -> None:
    """Draw bars from top to bottom, each with its name, value and interval; nan is not drawn.

    ``colours`` are of all bars, or of each; ``settings`` those of ``axes``.
    """
    values = [value for _, value, _ in bars]
    errors = np.abs(np.array([ends for *_, ends in bars]).reshape(-1, 2).T - values)
    axes.barh(range(len(bars)), values, xerr=errors, color=colours, capsize=3)
    axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
    axes.invert_yaxis()
    axes.set(**settings)


def scale(values: Iterable[float]) -> str:
    """Return ``log``, or ``linear`` where no value is known: an empty axis can't be logarithmic."""
    return "log" if any(value > 0 for value in values) else "linear"


def draw_curve(
    axes: Any, x: Any, y: Any, band: tuple[Any, Any], colour: str, label: str = ""
) -> None:
    """Draw a line in its band."""
    axes.plot(x, y, color=colour, label=label)
    axes.fill_between(x, *band, color=colour, alpha=0.2)


def mark(axes: Any, places: Iterable[float]) -> None:
    """Draw a dotted upright at each place that is known."""
    for x in places:
        if not isnan(x):
            axes.axvline(x, color="#444444", linewidth=0.8, linestyle=":")


def ring(axes: Any, points: Iterable[tuple[float, float]]) -> None:
    """Ring each point where two curves meet that is in the plot, and write its x beside it.

    An upright line would not say which two of several curves meet there.
    """
    left, right = axes.get_xlim()
    for x, y in points:
        if left <= x <= right and not isnan(y):
            axes.plot(x, y, "o", markersize=12, fillstyle="none", color="#444444")
            axes.annotate(f"{x:,.0f}", (x, y), (9, -13), textcoords="offset points")
    axes.set_xlim(left, right)
