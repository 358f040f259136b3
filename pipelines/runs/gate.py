"""Whether a run fell behind its baseline: a gate for CI that a real drop closes and noise does not.

The rule: a figure fails when its drop is larger than allowed beyond doubt, that is, when all of the
95 % interval of baseline less run lies above ``max_drop``. The interval is that of the luck of the
test images (paired where they are the same); the luck of another training is not in it. A drop by
less than ``max_drop`` passes however sure it is, and one that no interval is known for is an error,
not a pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from datasets.errors import UserError
from pipelines.runs.compare import RunComparison


@dataclass(frozen=True)
class Gate:
    """One figure of one run at the gate.

    Attributes:
        run: its name.
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


def gates(told: RunComparison, figures: tuple[str, ...], max_drop: float) -> list[Gate]:
    """Return how each run's figures of the baseline's pipelines come out.

    Raises:
        UserError: a run can't be judged: a pipeline, its detections or a figure is missing.
    """
    found = []
    for run in told.runs[1:]:
        for pipeline in told.baseline.pipelines:
            if pipeline not in run.pipelines:
                raise UserError(f"{run.folder}: has no {pipeline}, which the baseline has")
            change = told.changes[run.name, pipeline]
            if change is None:
                raise UserError(
                    f"{run.folder} can't be held against {told.baseline.folder}: one of them has "
                    f"no ground_truth.json or no detections/{pipeline}.json"
                )
            for figure in figures:
                known = change.differences.get(figure)
                if known is None or any(math.isnan(end) for end in known.interval_95):
                    raise UserError(
                        f"{run.folder}: no difference in {pipeline}.{figure} can be told; the "
                        "test split has too few images with such objects, or no such figure"
                    )
                low, high = known.interval_95
                drop = (-high, -low)
                failed = drop[0] > max_drop
                found.append(
                    Gate(
                        run.name,
                        f"{pipeline}.{figure}",
                        -known.difference,
                        drop,
                        change.is_paired,
                        failed,
                    )
                )
    return found
