"""What is said beside times of a machine that was slower at some moments, or busy with others."""

from __future__ import annotations

from pipelines.runs.metrics import Metrics
from pipelines.system.pace import times_slower

SLOWER = 1.25  # times: on a quiet machine the same work differs by less
TAKEN = 0.2  # of the cores' time: on a quiet machine others take less


def pace_notes(metrics: Metrics) -> list[str]:
    """Return a sentence on each timing or training during which the machine was not itself."""
    every = [moment for moments in metrics.pace.values() for moment in moments]
    notes = []
    for what, moments in metrics.pace.items():
        found = []
        if (slower := times_slower(moments, every)) >= SLOWER:
            found.append(f"was up to {slower:.1f} times slower than at its best")
        if (taken := max(1 - moment.own_share for moment in moments)) >= TAKEN:
            found.append(f"gave up to {100 * taken:.0f} % of its cores' time to other programs")
        if found:
            slow = max(moment.milliseconds for moment in moments)
            quick = min(moment.milliseconds for moment in every)
            notes.append(
                f"while {what} the machine {' and '.join(found)} (the same fixed work took "
                f"{quick:.0f} to {slow:.0f} ms): compare times by their ratio"
            )
    return notes
