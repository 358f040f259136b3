"""Whether all contenders together are worth their time, in a sentence."""

from __future__ import annotations

from math import isnan

from pipelines.report.prices import IN_TURNS, times
from pipelines.report.rows import LATENCY
from pipelines.report.wording import called, listed, signed
from pipelines.runs.metrics import Metrics
from pipelines.settings import ENSEMBLE


def worth_its_time(metrics: Metrics) -> str:
    """Return how the ensemble compares with the best contender; empty where there is none."""
    settings = metrics.settings
    if settings is None or not settings.ensemble or ENSEMBLE not in metrics.pipelines:
        return ""
    reached = {name: metrics.reached(name) for name in settings.pipelines}
    known = {name: value for name, value in reached.items() if not isnan(value)}
    if not known:
        return ""
    best = max(known, key=lambda name: known[name])
    more = metrics.ahead(ENSEMBLE, best)
    low, high = more.deciding_interval
    names = {name: called(name, metrics.pipelines[name].model) for name in settings.pipelines}
    ratio = times(*(LATENCY.of(metrics.pipelines[name]) for name in (ENSEMBLE, best)))
    longer = f"{ratio} times as long{IN_TURNS}" if ratio else "as long"
    values = f"{signed(more.difference)} {metrics.label}"
    if not isnan(low):
        values += f", 95 % {signed(low)} to {signed(high)}"
    than = f"{names[best]} ({values})"
    worth = {
        "better": f"finds more than {than}: worth it where that is worth {longer}",
        "worse": f"finds less than {than}: not worth its time",
        "cannot_tell": (
            f"is not surely better than {than} and takes {longer}: not worth its time by these "
            "images"
        ),
    }[more.verdict]
    return f"{ENSEMBLE}, {listed(list(names.values()))} together, {worth}"
