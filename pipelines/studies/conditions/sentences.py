"""What the axis found, in clauses of its verdict's sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import isnan

from pipelines.contenders import label_of
from pipelines.evaluation.several import Pair
from pipelines.studies.common.verdict import ALONE, NEITHER
from pipelines.studies.conditions.corruptions import CORRUPTIONS, Condition
from pipelines.studies.conditions.flips import CLEAN, Flip
from pipelines.studies.conditions.judging import Comparison, leaders
from pipelines.studies.conditions.slice_figures import Sliced

LABELS = {each.name: each.label for each in CORRUPTIONS}
Share = tuple[float, tuple[float, float]]


def condition_clauses(
    shares: Mapping[str, Share],
    comparisons: Sequence[Comparison],
    turned: Sequence[Flip],
    measured: Sequence[Condition],
    images: int,
) -> list[str]:
    """Return what is left in worse images, and where another contender is ahead in them.

    Args:
        shares: by contender, the mean share of the figure on clean images, and its interval.
        comparisons: of every two contenders in each condition, all that were corrected for.
        turned: where another is ahead.
        measured: the conditions.
        images: that were made worse.
    """
    if not measured:
        return ["no condition was measured; give more --budget-minutes"]
    pairs = list(combinations(shares, 2))
    clauses = _kept(shares, measured, images)
    if not pairs:
        return [*clauses, ALONE]
    corrected = f"corrected for {len(comparisons)} comparisons"
    clauses += flip_clauses(turned, corrected) or [f"no corruption turns who is ahead, {corrected}"]
    for pair in pairs:
        ahead = leaders(comparisons, pair)
        first = ahead.get(CLEAN, NEITHER)
        if first != NEITHER:
            sure = sum(ahead.get(each.name) == first for each in measured)
            behind = label_of(pair[1] if first == pair[0] else pair[0])
            lead = f"{label_of(first)} is surely ahead of {behind} in {sure}"
            clauses.append(f"{lead} of {len(measured)} conditions")
    return clauses


def _kept(shares: Mapping[str, Share], measured: Sequence[Condition], images: int) -> list[str]:
    kept = [
        f"{label_of(name)} keeps {100 * share:.0f} %"
        + ("" if isnan(low) else f" (95 % {100 * low:.0f} to {100 * high:.0f})")
        for name, (share, (low, high)) in shares.items()
        if not isnan(share)
    ]
    mean = f"of what it reaches on clean images, on the mean of {len(measured)} conditions"
    return [f"{mean}, {', '.join(kept)}, on {images} test images"] if kept else []


def flip_clauses(found: Sequence[Flip], corrected: str) -> list[str]:
    """Return in words where the order changes; ``corrected`` says for what that is corrected."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        where = f"{LABELS[each.corruption]} {each.severity}"
        grouped.setdefault((each.ahead_on_clean, each.ahead, each.behind), []).append(where)
    clauses = []
    for (on_clean, ahead, behind), places in grouped.items():
        there = f"{label_of(ahead)} from {_listed(places)} on"
        if on_clean == NEITHER:
            both = f"{label_of(ahead)} and {label_of(behind)}"
            clauses.append(
                f"no difference is seen on clean images between {both}, and ahead is {there}, "
                f"{corrected}"
            )
        else:
            clauses.append(f"{label_of(on_clean)} is ahead on clean images, {there}, {corrected}")
    return clauses


def slice_clauses(given: Sliced, overall: Mapping[Pair, str]) -> list[str]:
    """Return in words on which slices another is ahead than on all test images.

    ``overall`` says who of two is ahead on all, for sure, or ``neither``.
    """
    clauses = []
    corrected = f"corrected for {len(given.comparisons)} comparisons"
    for pair, on_all in overall.items():
        ahead = leaders(given.comparisons, pair)
        for name in pair:
            where = [place for place, leader in ahead.items() if leader == name]
            if where and on_all != name:
                behind = label_of(pair[1] if name == pair[0] else pair[0])
                but = "" if on_all == NEITHER else f", where {behind} is on all test images"
                clauses.append(
                    f"{label_of(name)} is ahead of {behind} on {_listed(where)}{but}, {corrected}"
                )
    return clauses


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
