"""What a run must reach, as ``yolo.map_50=0.5``: for CI and for anybody with a bar to clear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIGURES = ("map_50", "map_75", "map_50_95")


class RequirementError(Exception):
    """A requirement is malformed; the message says how one is written."""


@dataclass(frozen=True)
class Requirement:
    """A pipeline's figure and the least it may be.

    Attributes:
        pipeline: for example ``yolo``.
        figure: a path below its ``quality``, as ``map_50`` or ``per_class.stop.ap_50``.
        least: the value to reach.
    """

    pipeline: str
    figure: str
    least: float

    @property
    def name(self) -> str:
        """The requirement's left side."""
        return f"{self.pipeline}.{self.figure}"

    def figure_in(self, metrics: Mapping[str, Any]) -> float | None:
        """Return the measured figure, None where it does not exist."""
        quality: Any = metrics["pipelines"][self.pipeline]["quality"]
        if self.figure in FIGURES:
            found = quality[self.figure]
        else:
            _, class_name, figure = self._class_parts()
            found = quality["per_class"].get(class_name, {}).get(figure)
        return None if found is None else float(found)

    def _class_parts(self) -> tuple[str, str, str]:
        head, _, rest = self.figure.partition(".")
        class_name, _, figure = rest.rpartition(".")
        return head, class_name, figure


def parse_requirement(text: str, pipelines: Sequence[str]) -> Requirement:
    """Return the requirement a text states.

    Raises:
        RequirementError: it is malformed, or names no pipeline of this run or no known figure.
    """
    name, equals, value = text.rpartition("=")
    pipeline, dot, figure = name.partition(".")
    try:
        least = float(value)
    except ValueError:
        least = math.nan
    if not (equals and dot and math.isfinite(least)):
        raise RequirementError(
            f"--require takes NAME.FIGURE=VALUE, as yolo.map_50=0.5, not {text!r}"
        )
    if pipeline not in pipelines:
        raise RequirementError(
            f"--require {text!r}: this run has no pipeline {pipeline!r}, only "
            f"{' and '.join(pipelines)}"
        )
    made = Requirement(pipeline, figure, least)
    head, class_name, kind = made._class_parts()
    if figure not in FIGURES and not (
        head == "per_class" and class_name and kind in {"ap_50", "ap_50_95"}
    ):
        raise RequirementError(
            f"--require {text!r}: no figure {figure!r}; known: {', '.join(FIGURES)} and "
            "per_class.<class>.ap_50 or .ap_50_95"
        )
    return made
