"""What a run has shown: which detector is better here, how surely, at what price.

The rule: the paired difference in mAP@.50, or in the figure that ``evaluation.figure`` names,
decides, and only where its 95 % interval leaves out 0; of three or more detectors that interval is
wider, as all pairs are judged together. Times are put beside it, never added up with it: what a
second is worth is the reader's to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from pipelines.evaluation.significance import Difference
from pipelines.report.prices import price, times
from pipelines.report.rows import TableRow, pairs
from pipelines.report.verdict_of_several import verdict_of_several
from pipelines.report.verdict_on_validation import on_validation
from pipelines.report.wording import capitalised, display_name, settling, signed
from pipelines.runs.metrics import Metrics
from pipelines.runs.trainings import another_training, seen_by_data_axis
from pipelines.runs.usefulness import what_is_missing


@dataclass(frozen=True)
class Worth:
    """What a difference is worth: in a word and figures, and who is surely better, if anybody."""

    word: str
    span: str
    better: str | None = None


def verdict_sentence(metrics: Metrics) -> str:
    """Return the verdict a report begins with, in a few sentences.

    The last is on what another training would be, which each verdict holds or not.
    """
    images = metrics.dataset.splits["test"].images
    scores = {name: metrics.reached(name) for name in metrics.pipelines}
    ranked = sorted((n for n in scores if not isnan(scores[n])), key=lambda name: -scores[name])
    if not ranked:
        return f"Nothing can be concluded: the {images} test images have no object to be found."
    trainings = another_training(metrics), seen_by_data_axis(metrics)
    if lack := what_is_missing(metrics):
        sentences = [lack.none_usable, lack.advice]
    else:
        sentences = [_who_finds_more(metrics, ranked), on_validation(metrics, ranked)]
    return " ".join(filter(None, (*sentences, *trainings)))


def _who_finds_more(metrics: Metrics, ranked: Sequence[str]) -> str:
    """Return the verdict on detectors, which are ranked by their mAP@.50."""
    if len(ranked) > 2:
        return verdict_of_several(metrics, ranked)
    images = metrics.dataset.splits["test"].images
    best, *others = ranked
    known = metrics.pipelines
    names = {name: display_name(name, known[name].model) for name in ranked}
    if others:
        (other,) = others
        ahead, cost = metrics.ahead(best, other), price(known[best], known[other])
        return _of_two(names[best], names[other], metrics.label, ahead, cost, images)
    span = _span(known[best].quality.interval_95.get(metrics.figure))
    return (
        f"{capitalised(names[best])} reaches an {metrics.label} of {metrics.reached(best):.3f} "
        f"({span}{images} test images); it was compared with no other."
    )


def _of_two(first: str, second: str, figure: str, ahead: Difference, cost: str, images: int) -> str:
    lead, span = abs(ahead.difference), _span(ahead.deciding_interval)
    if ahead.verdict == "cannot_tell":
        within = f" ({span.removesuffix(', ')})" if span else ""
        about = f"; {more}" if (more := settling(ahead)) else ""
        cost = f"; {first} {cost}" if cost else ""
        return (
            f"These {images} test images cannot tell whether {first} or {second} finds more: "
            f"{first} is {lead:.3f} ahead in {figure}{within}{about}{cost}."
        )
    cost = f"; it {cost}" if cost else ""
    return (
        f"{capitalised(first)} finds the objects in these images better than {second}: its "
        f"{figure} is {lead:.3f} higher ({span}{images} test images){cost}."
    )


def row_worths(metrics: Metrics, row: TableRow) -> list[Worth | None]:
    """Return what the difference of every two detectors is worth in the figure of a row."""
    values = {name: each.value for name, each in zip(metrics.pipelines, row.figures, strict=True)}
    return [
        difference_worth(differences.get(row.name), pair)
        if row.name
        else cost_worth([values[name] for name in pair], pair)
        for pair, differences in pairs(metrics).items()
    ]


def difference_worth(difference: Difference | None, pair: Sequence[str]) -> Worth | None:
    """Return what the difference of the first of a pair less the second is worth."""
    if difference is None or isnan(difference.difference):
        return None
    low, high = difference.deciding_interval
    if difference.verdict == "cannot_tell":
        within = "" if isnan(low) else f" ({signed(low)} to {signed(high)})"
        about = f", {more}" if (more := settling(difference, " images")) else ""
        return Worth("cannot tell", f"{pair[0]} {signed(difference.difference)}{within}{about}")
    better = pair[difference.verdict == "worse"]
    near, far = sorted(map(abs, (low, high)))  # 0 is not between them
    span = f"by {abs(difference.difference):.3f} ({near:.3f} to {far:.3f})"
    return Worth(f"{better} better", span, better)


def cost_worth(values: Sequence[float], pair: Sequence[str]) -> Worth | None:
    """Return how the costs of a pair compare, not whether more is better."""
    one, two = values
    if not (one > 0 and two > 0):
        return None
    ratio = times(one, two)
    return Worth("", f"{pair[one < two]} {ratio} times as much" if ratio else "about alike")


def _span(interval: tuple[float, float] | None) -> str:
    if interval is None or isnan(interval[0]):
        return ""
    return f"95 % {interval[0]:.3f} to {interval[1]:.3f}, "
