"""Plots of the studies: one look for all, each saved as PNG and SVG."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipelines.system.files import replacing_file

# Blue and vermilion (Okabe & Ito 2008), which people who do not tell red from green tell apart.
COLOURS = {"classical": "#0072B2", "yolo": "#D55E00"}
LABELS = {"classical": "classical", "yolo": "YOLO"}
DPI = 120
# Text stays text, and the same figures give the same file.
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "axes", "font.size": 10.0}


def new_figure(width: float = 8.0, height: float = 4.5) -> Figure:
    """Return an empty figure of that many inches, which belongs to no window."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``<name>.png`` and ``<name>.svg``, each whole or not there."""
    for kind in ("png", "svg"):
        metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
        with replacing_file(folder / f"{name}.{kind}") as beside, mpl.rc_context(STYLE):
            figure.savefig(beside, format=kind, dpi=DPI, metadata=metadata)


def bare(axes: Any) -> None:
    """Take away the upper and the right line, which say nothing."""
    axes.spines[["top", "right"]].set_visible(False)
