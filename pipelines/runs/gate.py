"""Whether a run fell behind its baseline: a gate for CI that a real drop closes and noise does not.

The rule: a figure fails when its drop is larger than allowed beyond doubt, that is, when all of the
95 % interval of baseline less run lies above ``max_drop``. The interval holds the sampling error of
the test images (paired where they are the same), and how another training would differ where both
runs trained more than once. A drop by less than ``max_drop`` passes however sure it is, and one
that no interval is known for is an error, not a pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from datasets.errors import UserError
from pipelines.runs.compare import RunComparison


@dataclass(frozen=True)
class Gate:
    """One figure of one run at the gate.

    Attributes:
        name: the figure, as ``yolo.map_50``.
        drop: baseline's less the run's; negative where the run is better.
        interval_95: within which the drop lies.
        is_paired: whether both were tested on the same images.
        failed: whether the whole interval is above what is allowed.
    """

    run: str
    name: str
    drop: float
    interval_95: tuple[float, float]
    is_paired: bool
    failed: bool


def gates(comparison: RunComparison, figures: Sequence[str], max_drop: float) -> list[Gate]:
    """Return how each run's figures of the baseline's detectors come out.

    Raises:
        UserError: a run can't be judged: a detector, its detections or a figure is missing.
    """
    baseline, *others = comparison.runs
    return [
        _gate(comparison, name, detector, figure, max_drop)
        for name in others
        for detector in comparison.runs[baseline].metrics.pipelines
        for figure in figures
    ]


def _gate(
    comparison: RunComparison, name: str, detector: str, figure: str, max_drop: float
) -> Gate:
    folder = comparison.runs[name].folder
    if detector not in comparison.runs[name].metrics.pipelines:
        raise UserError(f"{folder}: has no {detector}, which the baseline has")
    change = comparison.changes[name, detector]
    if change is None:
        raise UserError(
            f"{folder} can't be compared with the baseline: one of them has no ground_truth.json "
            f"or no detections/{detector}.json"
        )
    known = change.differences.get(figure)
    if known is None or math.isnan(known.interval_95[0]):
        raise UserError(
            f"{folder}: the difference in {detector}.{figure} is not known; the test split has "
            "too few images with such objects, or no such figure"
        )
    low, high = known.interval_95
    drops, failed = (-high, -low), -high > max_drop
    return Gate(name, f"{detector}.{figure}", -known.difference, drops, change.is_paired, failed)
