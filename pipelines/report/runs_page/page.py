"""Several runs as one page that needs nothing else: what changed, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from pipelines.report.runs_page.table import PLOTTED, figure_rows, headings, pairing, texts
from pipelines.runs.compare import RunComparison, figure_of

TEMPLATE = "runs.html.j2"
GENERATOR = '<meta name="generator" content="classical-or-deep compare_runs">'
PLOT_PX = 420  # width of a plot's scale


@dataclass(frozen=True)
class Mark:
    """A figure with its interval as a dot on a line, in pixels of the plot."""

    run: str
    value: str
    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Plot:
    """One figure of all runs on one scale."""

    label: str
    marks: tuple[Mark, ...]
    least: float
    most: float


def runs_page(comparison: RunComparison, gate: Sequence[str] = ()) -> str:
    """Return the page; ``gate`` says how each figure came out at the gate, if one was asked."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        generator=GENERATOR,
        runs=list(comparison.runs),
        settings={name: texts(values) for name, values in comparison.settings.items()},
        facts={name: texts(values) for name, values in comparison.facts.items()},
        detectors=[
            (
                name,
                [plot for figure in PLOTTED if (plot := _plot(comparison, name, figure))],
                figure_rows(comparison, name),
                headings(comparison, name),
            )
            for name in comparison.detectors
        ],
        pairing=pairing(comparison),
        gate=gate,
        plot_px=PLOT_PX,
    )


def is_page(path: Path) -> bool:
    """Say whether a file is an earlier page of this kind."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return GENERATOR in stream.read(1000)
    except OSError:
        return False


def _plot(comparison: RunComparison, detector: str, figure: str) -> Plot | None:
    """Return the plot of a figure, None where no run has it."""
    runs = zip(headings(comparison, detector), comparison.runs.values(), strict=True)
    known = [(heading, *figure_of(run, detector, figure)) for heading, run in runs]
    known = [row for row in known if not math.isnan(row[1])]
    ends = [end for _, value, span in known for end in (value, *span) if not math.isnan(end)]
    if not ends:
        return None
    least = max(0.0, math.floor(min(ends) * 20 - 0.2) / 20)  # on a twentieth, with some room
    most = min(1.0, math.ceil(max(ends) * 20 + 0.2) / 20)

    def place(value: float) -> float:
        return round(PLOT_PX * (value - least) / max(most - least, 0.05), 1)

    marks = tuple(
        Mark(
            run,
            f"{value:.3f}",
            place(value),
            *(place(value if math.isnan(end) else end) for end in span),
        )
        for run, value, span in known
    )
    return Plot(PLOTTED[figure], marks, least, most)
