"""Which contender to choose, by rules over the axes that were studied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pipelines.contenders import label_of
from pipelines.runs.metrics import AxisResult, Metrics
from pipelines.runs.trainings import another_training, repeats_of
from pipelines.runs.usefulness import what_is_missing
from pipelines.studies.common.axes import AXES
from pipelines.studies.common.by_costs import cost_sentence, dearer, given_decision
from pipelines.studies.common.tradeoff import behind, contenders, costs, gain
from pipelines.studies.common.verdict import NEITHER


class Rule(NamedTuple):
    """What is asked first, and what the axes of costs then say, nothing where it holds those."""

    verb: str
    then: str = ""


FINDS_MORE = Rule("finds more", "costs less")
COSTS_LESS = Rule("costs less by your costs")


def choice(metrics: Metrics) -> str:
    """Return one paragraph on which contender to choose, empty where no axis was studied.

    The rules: (1) where none is good enough to be used, none is chosen. (2) Who finds more is what
    the headline says, by the same paired differences on the test images: those that another is
    surely better than are out, and if one is left it is chosen. Where the user says what mistakes
    cost, who costs less is asked instead, by paired differences on the same images. (3) Of those
    left the costs decide, if the axes of costs that were studied do not contradict each other; not
    where the user's costs say what time is worth. (4) Otherwise one that more than half of all axes
    that favour anybody favour. (5) Otherwise nothing does. What the choice gains and costs and what
    speaks against it is named.
    """
    rows = {axis.name: metrics.axes[axis.name] for axis in AXES if axis.name in metrics.axes}
    decision = given_decision(metrics)
    if not rows and decision is None:
        return ""
    if lack := what_is_missing(metrics):
        return f"{lack.none_usable} {lack.advice} {another_training(metrics)}"
    everybody, out = contenders(metrics), behind(metrics)
    rule = FINDS_MORE
    by_costs = ""
    if decision is not None:
        out, rule = dearer(decision, everybody), COSTS_LESS
        by_costs = cost_sentence(decision, everybody, trained_again=repeats_of(metrics) > 1)
    left = [name for name in everybody if name not in out]
    chosen, reason = _chosen(rows, left, out, rule)
    if chosen == NEITHER:
        between = " and ".join(map(label_of, left)) if out else "them"
        sentences = [
            f"These figures do not decide between {between}: {reason}.",
            by_costs,
            costs(metrics, left),
            another_training(metrics),
        ]
        return " ".join(filter(None, sentences))
    against = [name for name, row in rows.items() if row.favours not in {chosen, NEITHER}]
    undecided = [name for name, row in rows.items() if row.favours == NEITHER]
    missing = [axis.name for axis in AXES if axis.name not in rows]
    figures = metrics.pipelines.get(chosen)
    called = label_of(chosen, None if figures is None else figures.pretrained_on)
    sentences = [
        f"On this data and this machine choose {called}: {reason}.",
        by_costs,
        gain(metrics, chosen),
        another_training(metrics),
        costs(metrics, [chosen, *(name for name in everybody if name != chosen)]),
    ]
    if against:
        sentences.append(f"Against it speak {_listed(rows, against)}.")
    if undecided:
        sentences.append(f"Nothing follows from {' and '.join(undecided)}.")
    if missing:
        sentences.append(f"Not studied: {', '.join(missing)}.")
    return " ".join(filter(None, sentences))


def _chosen(
    rows: Mapping[str, AxisResult], left: Sequence[str], out: Collection[str], rule: Rule
) -> tuple[str, str]:
    """Return who is chosen and why; of contenders some may be out by the rule, others are left."""
    decided = {name: row for name, row in rows.items() if row.favours != NEITHER}

    priced = [axis.name for axis in AXES if axis.shows_cost and axis.name in decided]
    if out and len(left) == 1:
        return left[0], f"it {rule.verb} (the test images, by more than their sampling error)"
    of_whom = f" of {' and '.join(map(label_of, left))}" if out else ""
    unknown = f"which{of_whom} {rule.verb} is not sure"
    cheapest = {rows[name].favours for name in priced}
    if rule.then and len(cheapest) == 1 and not cheapest & set(out):
        reason = f"{unknown}, and it {rule.then} ({_listed(rows, priced)})"
        return cheapest.pop(), reason
    for name, count in Counter(row.favours for row in decided.values()).most_common(1):
        if 2 * count > len(decided) and name not in out:
            mine = [axis for axis, row in decided.items() if row.favours == name]
            return name, f"{unknown}, and more axes favour it ({_listed(rows, mine)})"
    return NEITHER, f"{unknown}, and none of them is favoured by more than half of the axes"


def _listed(rows: Mapping[str, AxisResult], names: Sequence[str]) -> str:
    return " and ".join(f"{name} ({rows[name].sureness})" for name in names)
