"""Which contender to choose, by rules over the axes that were studied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.contenders import label_of
from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.axes import AXES
from pipelines.studies.common.verdict import NEITHER


def choice(axes: Mapping[str, AxisResult]) -> str:
    """Return one paragraph on which contender to choose, empty where no axis was studied.

    The rules: (1) the first axis that is sure which finds more decides, in the order of the table.
    (2) Where none is, the costs decide, if the axes of costs that were studied do not contradict
    each other. (3) Otherwise more than half of all axes that favour anybody decide. (4) Otherwise
    nothing does. What speaks against the choice is named.
    """
    rows = {axis.name: axes[axis.name] for axis in AXES if axis.name in axes}
    if not rows:
        return ""
    chosen, reason = _chosen(rows)
    if chosen == NEITHER:
        return f"These figures do not decide between them: {reason}."
    against = [name for name, row in rows.items() if row.favours not in {chosen, NEITHER}]
    undecided = [name for name, row in rows.items() if row.favours == NEITHER]
    missing = [axis.name for axis in AXES if axis.name not in rows]
    sentences = [f"On this data and this machine choose {label_of(chosen)}: {reason}."]
    if against:
        sentences.append(f"Against it speak {_listed(rows, against)}.")
    if undecided:
        sentences.append(f"Nothing follows from {' and '.join(undecided)}.")
    if missing:
        sentences.append(f"Not studied: {', '.join(missing)}.")
    return " ".join(sentences)


def _chosen(rows: Mapping[str, AxisResult]) -> tuple[str, str]:
    decided = {name: row for name, row in rows.items() if row.favours != NEITHER}

    def showing(what: str) -> list[str]:
        return [axis.name for axis in AXES if axis.shows == what and axis.name in decided]

    for name in showing("accuracy"):
        if decided[name].sureness.startswith("sure"):
            return decided[name].favours, f"it finds more ({name}, {decided[name].sureness})"
    unknown = "which finds more is not sure"
    costs = showing("cost")
    if costs and len({rows[name].favours for name in costs}) == 1:
        reason = f"{unknown}, and it costs less ({_listed(rows, costs)})"
        return rows[costs[0]].favours, reason
    for name, count in Counter(row.favours for row in decided.values()).most_common(1):
        if 2 * count > len(decided):
            mine = [axis for axis, row in decided.items() if row.favours == name]
            return name, f"{unknown}, and more axes favour it ({_listed(rows, mine)})"
    return NEITHER, f"{unknown}, and no contender is favoured by more than half of the axes"


def _listed(rows: Mapping[str, AxisResult], names: Sequence[str]) -> str:
    return " and ".join(f"{name} ({rows[name].sureness})" for name in names)
