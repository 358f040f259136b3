"""What is said beside times of a machine that was slower at some moments, or busy with others."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report.wording import listed
from pipelines.runs.metrics import TIMING, Metrics
from pipelines.system.pace import Moment, times_slower

SLOWER = 1.25  # times: on a quiet machine the same work differs by less
TAKEN = 0.2  # of the cores' time: on a quiet machine others take less


def pace_notes(metrics: Metrics) -> list[str]:
    """Return a sentence on timings and one on trainings with which the machine was not itself."""
    every = [moment for moments in metrics.pace.values() for moment in moments]
    odd = {what: each for what, each in metrics.pace.items() if _of(each, every)}
    trainings = [what for what in odd if what != TIMING]
    groups = [[TIMING]] if TIMING in odd else []
    groups += [trainings] if trainings else []
    return [
        f"while {listed(group)} {_of([m for what in group for m in odd[what]], every)}: compare "
        "times by their ratio"
        for group in groups
    ]


def _of(moments: Sequence[Moment], every: Sequence[Moment]) -> str:
    """Return how the machine was at some of all moments, empty where it was as ever."""
    found = []
    if (slower := times_slower(moments, every)) >= SLOWER:
        quick = min(moment.milliseconds for moment in every)
        slow = max(moment.milliseconds for moment in moments)
        found.append(
            f"was up to {slower:.1f} times slower (the same fixed work took {quick:.0f} to "
            f"{slow:.0f} ms)"
        )
    if (taken := max(1 - moment.own_share for moment in moments)) >= TAKEN:
        found.append(f"gave up to {100 * taken:.0f} % of its cores' time to other programs")
    return f"the machine {' and '.join(found)}" if found else ""
