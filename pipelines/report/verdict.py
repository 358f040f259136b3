"""What a run has shown: which detector is better here, how surely, at what price.

The rule: the paired difference in mAP@.50 decides, and only where its 95 % interval leaves out 0.
Times are put beside it, never added up with it: what a second is worth is the reader's to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Literal

from pipelines.evaluation.significance import Difference
from pipelines.report.rows import LATENCY, TRAINING, TableRow, pairs
from pipelines.report.wording import display_name
from pipelines.runs.metrics import DetectorMetrics, Metrics

ALIKE = 1.15  # times that differ by less are called alike: another run would differ as much
FIGURE = "map_50"
OPPOSITE: Mapping[str, Literal["better", "worse"]] = {"better": "worse", "worse": "better"}


@dataclass(frozen=True)
class Worth:
    """What a difference is worth: in a word and figures, and who is surely better, if anybody."""

    word: str
    span: str
    better: str | None = None


def verdict_sentence(metrics: Metrics) -> str:
    """Return the sentence a report begins with."""
    images = metrics.dataset.splits["test"].images
    scores = {name: each.quality.map_50 for name, each in metrics.pipelines.items()}
    ranked = sorted((n for n in scores if not isnan(scores[n])), key=lambda name: -scores[name])
    if not ranked:
        return f"Nothing can be concluded: the {images} test images have no object to be found."
    best, *others = ranked
    known = {name: metrics.pipelines[name] for name in ranked}
    names = {name: display_name(name, detector.model) for name, detector in known.items()}
    if not others:
        span = _span(known[best].quality.interval_95.get(FIGURE))
        return (
            f"{_capitalised(names[best])} reaches an mAP@.50 of {scores[best]:.3f} "
            f"({span}{images} test images); it was compared with no other."
        )
    ahead = {other: _ahead(metrics, best, other) for other in others}
    if len(others) == 1:
        price = _price(known[best], known[others[0]])
        return _of_two(names[best], names[others[0]], ahead[others[0]], price, images)
    beaten = [names[name] for name in others if ahead[name].verdict == "better"]
    near = [name for name in others if ahead[name].verdict != "better"]
    sampling = "by more than the sampling error of the test images"
    parts = [f"better than {_listed(beaten)} {sampling}"] if beaten else []
    parts += [f"not distinguishable from {_listed([names[n] for n in near])}"] if near else []
    sentence = (
        f"{_capitalised(names[best])} has the highest mAP@.50, {scores[best]:.3f} on {images} test "
        f"images: {', but '.join(parts)}."
    )
    if near:
        return sentence + _cheapest({name: known[name] for name in (best, *near)}, names)
    price = _price(known[best], known[others[0]])
    second = f"{names[others[0]]}, the second with {scores[others[0]]:.3f}"
    return sentence + (f" Compared with {second}, it {price}." if price else "")


def _cheapest(alike: Mapping[str, DetectorMetrics], names: Mapping[str, str]) -> str:
    """Return who of those that can't be told apart answers and trains fastest, where it is clear.

    In brackets stands how many times as fast as the next.
    """
    clauses: dict[str, list[str]] = {}
    for cost, verb in ((LATENCY, "answers"), (TRAINING, "trains")):
        known = {name: value for name, each in alike.items() if (value := cost.of(each)) > 0}
        ranked = sorted(known, key=lambda name: known[name])
        ratio = times(known[ranked[0]], known[ranked[1]]) if len(ranked) > 1 else ""
        if ratio and len(known) == len(alike):  # one that was not timed may be faster
            clauses.setdefault(names[ranked[0]], []).append(f"{verb} fastest ({ratio} times)")
    text = " and ".join(f"{name} {' and '.join(parts)}" for name, parts in clauses.items())
    return f" Of these, {text}." if text else ""


def _of_two(first: str, second: str, ahead: Difference, price: str, images: int) -> str:
    more, span = abs(ahead.difference), _span(ahead.interval_95)
    if ahead.verdict == "cannot_tell":
        settle = ahead.images_to_settle
        within = f" ({span.removesuffix(', ')})" if span else ""
        about = "" if settle is None else f"; about {settle:,} would"
        price = f"; {first} {price}" if price else ""
        return (
            f"These {images} test images cannot tell whether {first} or {second} finds more: "
            f"{first} is {more:.3f} ahead in mAP@.50{within}{about}{price}."
        )
    price = f"; it {price}" if price else ""
    return (
        f"{_capitalised(first)} finds the objects in these images better than {second}: its "
        f"mAP@.50 is {more:.3f} higher ({span}{images} test images){price}."
    )


def _ahead(metrics: Metrics, best: str, other: str) -> Difference:
    """Return the difference of the two in mAP@.50, turned so that it is the better one's."""
    every = pairs(metrics)
    if (best, other) in every:
        return every[best, other][FIGURE]
    turned = every[other, best][FIGURE]
    low, high = turned.interval_95
    return replace(
        turned,
        difference=-turned.difference,
        interval_95=(-high, -low),
        share_won=1 - turned.share_won,
        verdict=OPPOSITE.get(turned.verdict, turned.verdict),
    )


def _price(subject: DetectorMetrics, other: DetectorMetrics) -> str:
    """Return how the first's times compare with the second's, as far as both are known."""
    parts: dict[str, bool] = {}
    for cost, faster, slower in (
        (LATENCY, "answers {} times as fast", "takes {} times as long an image"),
        (TRAINING, "trains {} times as fast", "trains {} times as long"),
    ):
        one, two = cost.of(subject), cost.of(other)
        if ratio := times(one, two):
            parts[(faster if one < two else slower).format(ratio)] = one < two
    return (" and " if len(set(parts.values())) == 1 else " but ").join(parts)


def times(one: float, two: float) -> str:
    """Return how many times the smaller of two the larger is, empty if alike or not known."""
    ratio = max(one, two) / min(one, two) if one > 0 and two > 0 else 1.0
    if ratio < ALIKE:
        return ""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}".removesuffix(".0")


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
    low, high = difference.interval_95
    if difference.verdict == "cannot_tell":
        settle = difference.images_to_settle
        within = "" if isnan(low) else f" ({_signed(low)} to {_signed(high)})"
        more = "" if settle is None else f", about {settle:,} images would"
        return Worth("cannot tell", f"{pair[0]} {_signed(difference.difference)}{within}{more}")
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


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("-", "−")


def _span(interval: tuple[float, float] | None) -> str:
    if interval is None or isnan(interval[0]):
        return ""
    return f"95 % {interval[0]:.3f} to {interval[1]:.3f}, "


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _capitalised(word: str) -> str:
    """Return the word with a capital letter, to begin a sentence."""
    return word[:1].upper() + word[1:]
