"""Which contender costs least, by what the user says mistakes cost."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from pipelines.contenders import label_of
from pipelines.evaluation.cost_figures import Estimate
from pipelines.runs.decision import Decision
from pipelines.runs.metrics import Metrics


def given_decision(metrics: Metrics) -> Decision | None:
    """Return what contenders cost, None where the user gave no costs."""
    decision = metrics.decision
    return None if decision is None or decision.costs is None else decision


def dearer(decision: Decision, names: Sequence[str]) -> list[str]:
    """Return those of the contenders that another surely costs less than, on the test images."""
    out = []
    for pair, saved in decision.saved.items():
        first, second = pair.split("_against_")
        if first not in names or second not in names:
            continue  # an ensemble is nothing to choose
        out += {"better": [second], "worse": [first], "cannot_tell": []}[saved.verdict]
    return [name for name in names if name in out]


def cost_sentence(decision: Decision, names: Sequence[str], *, trained_again: bool = False) -> str:
    """Return what 1,000 images cost with each contender, the cheapest first, and in turns.

    ``trained_again`` says that contenders were, of which costs are the first training's alone.
    """
    costs = decision.costs
    known = {
        name: decision.detectors[name].figures.cost
        for name in names
        if name in decision.detectors and not isnan(decision.detectors[name].figures.cost.value)
    }
    if costs is None or not known:
        return ""
    ranked = sorted(known, key=lambda name: known[name].value)
    each = ", ".join(f"{label_of(name)} {_text(known[name])}" for name in ranked)
    of_first = ", with the first training of each" if trained_again else ""
    mixture = decision.mixture
    turns = ""
    if mixture is not None and mixture.cascade.validation_cost < mixture.alone_validation_cost:
        first, second = label_of(mixture.cascade.first), label_of(mixture.cascade.second)
        turns = (
            f"; {first} first, and {second} in the {mixture.sent.value:,.0f} where it doubts, "
            f"{_text(mixture.figures.cost)}"
        )
    return (
        f"By your costs (an object missed {costs.miss:g}, a false alarm {costs.false_alarm:g}, a "
        f"second {costs.second:g}) 1,000 images cost{of_first}: {each}{turns}."
    )


def _text(cost: Estimate) -> str:
    low, high = cost.interval_95
    span = "" if isnan(low) else f" [{low:,.0f} {high:,.0f}]"
    return f"{cost.value:,.0f}{span}"
