"""What a run must reach, as ``yolo.map_50=0.5``: for CI and for anybody with a bar to clear."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets.errors import UserError

if TYPE_CHECKING:
    from pipelines.runs.metrics import Metrics

FIGURES = (
    *("map_50", "map_75", "map_50_95", "small", "medium", "large"),
    *("average_recall", "operating_point.precision", "operating_point.recall"),
    *("operating_point.f1", "conventions.voc_2007.map_50", "conventions.voc_2010.map_50"),
)
OF_CLASSES = ("ap_50", "ap_50_95", "average_recall")
OF_A_CLASS = rf"(?s:per_class\..+\.({'|'.join(OF_CLASSES)}))"  # a class name may hold dots itself


@dataclass(frozen=True)
class Requirement:
    """A pipeline's figure, a path below its ``quality``, and the least it may be."""

    pipeline: str
    figure: str
    least: float

    @property
    def name(self) -> str:
        """The requirement's left side."""
        return f"{self.pipeline}.{self.figure}"

    def figure_in(self, metrics: Metrics) -> float:
        """Return the measured figure, nan where it does not exist."""
        from pipelines.evaluation.report_card import (
            named_figure,  # with SciPy, which takes its time
        )

        if self.pipeline in metrics.left_out:
            return math.nan
        return named_figure(metrics.pipelines[self.pipeline].quality, self.figure)[0]


def parse_requirement(text: str, pipelines: Sequence[str]) -> Requirement:
    """Return the requirement a text states.

    Raises:
        UserError: it is malformed, or names no pipeline of this run or no known figure.
    """
    name, equals, value = text.rpartition("=")
    pipeline, dot, figure = name.partition(".")
    try:
        least = float(value)
    except ValueError:
        least = math.nan
    if not (equals and dot and math.isfinite(least)):
        raise UserError(f"--require takes NAME.FIGURE=VALUE, as yolo.map_50=0.5, not {text!r}")
    if pipeline not in pipelines:
        raise UserError(
            f"--require {text!r}: this run has no pipeline {pipeline!r}, only "
            f"{' and '.join(pipelines)}"
        )
    if figure not in FIGURES and not re.fullmatch(OF_A_CLASS, figure):
        raise UserError(
            f"--require {text!r}: no figure {figure!r}; known: {', '.join(FIGURES)} and "
            f"per_class.<class>.{', '.join(OF_CLASSES)}"
        )
    return Requirement(pipeline, figure, least)
