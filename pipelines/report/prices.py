"""How the times of detectors compare, in words: what a better figure costs or a draw saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.report.rows import LATENCY, TRAINING
from pipelines.report.wording import listed
from pipelines.runs.metrics import DetectorMetrics

IN_TURNS = " (timed in turns)"  # as `LATENCY` is
ALIKE = 1.15  # times that differ by less are called alike: another run would differ as much


def times(one: float, two: float) -> str:
    """Return how many times the smaller of two the larger is, empty if alike or not known."""
    ratio = max(one, two) / min(one, two) if one > 0 and two > 0 else 1.0
    if ratio < ALIKE:
        return ""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}".removesuffix(".0")


def price(subject: DetectorMetrics, other: DetectorMetrics) -> str:
    """Return how the first's times compare with the second's, as far as both are known."""
    parts: dict[str, bool] = {}
    for cost, faster, slower in (
        (
            LATENCY,
            f"answers {{}} times as fast{IN_TURNS}",
            f"takes {{}} times as long an image{IN_TURNS}",
        ),
        (TRAINING, "trains {} times as fast", "trains {} times as long"),
    ):
        one, two = cost.of(subject), cost.of(other)
        if ratio := times(one, two):
            parts[(faster if one < two else slower).format(ratio)] = one < two
    return (" and " if len(set(parts.values())) == 1 else " but ").join(parts)


def fastest(group: Mapping[str, DetectorMetrics]) -> str:
    """Return who of several answers and who trains fastest, by the names to call them.

    Nothing is said of a time that all have alike or one of them lacks, which may be the fastest.
    """
    clauses: dict[str, list[str]] = {}
    for cost, one, several, how in (
        (LATENCY, "answers", "answer", IN_TURNS),
        (TRAINING, "trains", "train", ""),
    ):
        values = {name: cost.of(each) for name, each in group.items()}
        least = min(values.values())
        first = [name for name, value in values.items() if not times(least, value)]
        rest = [name for name in values if name not in first]
        if not rest or not all(value > 0 for value in values.values()):
            continue
        if len(first) > 1:
            text = f"{several} faster than {listed(rest)}{how}"
            clauses.setdefault(listed(first), []).append(text)
            continue
        ratio = _between(times(least, value) for value in sorted(values[name] for name in rest))
        than = " as the others" if len(rest) > 1 else ""
        clauses.setdefault(first[0], []).append(f"{one} {ratio} times as fast{than}{how}")
    return " and ".join(f"{name} {' and '.join(parts)}" for name, parts in clauses.items())


def _between(ratios: Iterable[str]) -> str:
    """Return the first and the last of some ratios, one alone if they are the same."""
    every = list(ratios)
    return " to ".join(dict.fromkeys((every[0], every[-1])))
