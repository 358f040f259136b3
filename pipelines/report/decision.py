"""What mistakes come to for 1,000 images, in words: one table for terminal and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple

import numpy as np

from pipelines.contenders import label_of
from pipelines.evaluation.cost_figures import Estimate
from pipelines.evaluation.costs import Judged
from pipelines.evaluation.undefined import plain
from pipelines.report.rows import UNKNOWN
from pipelines.runs.decision import Decision
from pipelines.runs.metrics import Metrics


class DecisionRow(NamedTuple):
    """One row of the table: its name, its label, and by detector a figure and its interval."""

    name: str
    label: str
    texts: Mapping[str, tuple[str, str]]


FORMS = {
    "missed": ("objects missed", "{:,.1f}"),
    "false_alarms": ("false alarms", "{:,.1f}"),
    "hours": ("hours on this machine", "{:.4f}"),
    "cost": ("cost", "{:,.1f}"),
}


def decision_rows(metrics: Metrics) -> list[DecisionRow]:
    """Return the table of all detectors, none where nothing is known of it."""
    decision = metrics.decision
    if decision is None or not decision.detectors:
        return []
    known = decision.detectors
    nothing = dict.fromkeys(metrics.pipelines, (UNKNOWN, ""))
    thresholds = {name: (f"{each.threshold:.3g}", "") for name, each in known.items()}
    rows = [DecisionRow("threshold", "score from", {**nothing, **thresholds})]
    for name, (label, form) in FORMS.items():
        texts = {who: _texts(getattr(each.figures, name), form) for who, each in known.items()}
        rows.append(DecisionRow(name, label, {**nothing, **texts}))
    return rows


def _texts(figure: Estimate, form: str) -> tuple[str, str]:
    if isnan(figure.value):
        return UNKNOWN, ""
    low, high = figure.interval_95
    return form.format(figure.value), "" if isnan(low) else f"{form} to {form}".format(low, high)


def chosen_by(metrics: Metrics) -> str:
    """Return what thresholds are, as a sentence's end."""
    if metrics.decision is None:
        return "best for F1"
    costs = metrics.decision.costs
    if costs is None:
        return "best for F1 on the validation split"
    return (
        f"cheapest on the validation split, where an object missed costs {costs.miss:g}, a false "
        f"alarm {costs.false_alarm:g} and a second {costs.second:g}"
    )


def mixture_sentence(metrics: Metrics) -> str:
    """Return what two contenders in turns would cost; empty where that is not known."""
    mixture = None if metrics.decision is None else metrics.decision.mixture
    if mixture is None:
        return ""
    turns, figures = mixture.cascade, mixture.figures
    less = turns.validation_cost < mixture.alone_validation_cost
    cost = "{} ({})".format(*_texts(figures.cost, "{:,.1f}"))
    worth = (
        "that was the cheapest on validation"
        if less
        else "on validation that was no cheaper than one alone"
    )
    return (
        f"In turns, {label_of(turns.first)} in all images and {label_of(turns.second)} in the "
        f"{mixture.sent.value:,.0f} of 1,000 where the first expects its mistakes to cost more "
        f"than {turns.limit:.3g}: {figures.missed.value:,.1f} missed, "
        f"{figures.false_alarms.value:,.1f} false alarms, {figures.hours.value:.4f} hours, cost "
        f"{cost}; {worth}."
    )


def page_data(decision: Decision, judged: Mapping[str, Judged]) -> dict[str, Any]:
    """Return what the page computes with: thresholds by costs, and seconds, by contender.

    With each threshold stand its mistakes in all test images, of which ``judged`` has the
    detections: a page of many does not carry them.
    """
    return {
        "second_cost": 0.0 if decision.costs is None else decision.costs.second,
        "images": max((len(each.objects) for each in judged.values()), default=0),
        "detectors": {
            name: {
                "best_f1": _tested([each.best_f1], judged[name])[0],
                "seconds": None if isnan(each.seconds) else each.seconds,
                "trade_offs": _tested([point.threshold for point in each.trade_offs], judged[name]),
                "validation": [[point.missed, point.false_alarms] for point in each.trade_offs],
            }
            for name, each in decision.detectors.items()
        },
        "costs": plain(decision.costs),
    }


def _tested(thresholds: Sequence[float], judged: Judged) -> list[list[float]]:
    """Return each threshold with the objects missed and false alarms raised in test images."""
    missed, alarms = judged.totals(np.array(thresholds, np.float64))
    rows = zip(thresholds, missed.tolist(), alarms.tolist(), strict=True)
    return [list(row) for row in rows]
