"""What the validation split says of a verdict on the test images: the same, or the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from pipelines.contenders import label_of
from pipelines.evaluation.significance import Difference
from pipelines.report.wording import listed, signed
from pipelines.runs.metrics import DecisiveFigures, Metrics

THERE = "where training and thresholds were chosen"


def on_validation(metrics: Metrics, ranked: Sequence[str]) -> str:
    """Return a sentence on how the best compares with the others there, empty where not known.

    Training was chosen on that split, so it flatters all contenders, and some more than others.

    Args:
        metrics: of a run.
        ranked: its detectors by the figure that decides on the test images, best first.
    """
    best, *others = ranked
    behind = [name for name in others if metrics.ahead(best, name).difference > 0]
    validation = metrics.validation or DecisiveFigures()
    known = {name: validation.difference(best, name) for name in behind}
    there = {n: each for n, each in known.items() if each and not isnan(each.difference)}
    turned = {name: each.turned() for name, each in there.items() if each.difference < 0}
    if turned:
        leads = [f"{label_of(name)} is {lead(each)}" for name, each in turned.items()]
        return (
            f"The validation split disagrees: there, {THERE}, {listed(leads)} ahead of "
            f"{label_of(best)}."
        )
    if not there:
        return ""
    leads = [f"{lead(each)} ahead of {label_of(name)}" for name, each in there.items()]
    return f"On the validation split, {THERE}, {label_of(best)} is {listed(leads)}."


def lead(difference: Difference) -> str:
    """Return how far ahead the first of two is, with the interval that decides."""
    low, high = difference.deciding_interval
    span = "" if isnan(low) else f" (95 % {signed(low)} to {signed(high)})"
    return f"{difference.difference:.3f}{span}"
