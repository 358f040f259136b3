"""Where the order of two contenders is another than on the images as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.evaluation.several import Pair
from pipelines.studies.common.verdict import NEITHER
from pipelines.studies.conditions.corruptions import Condition
from pipelines.studies.conditions.judging import Comparison, leaders

CLEAN = "clean"  # among the names of conditions: the images as they are


@dataclass(frozen=True)
class Flip:
    """From one severity of a corruption on another contender is ahead than on clean images.

    Attributes:
        corruption: its name.
        severity: from which on, to the worst that was measured.
        ahead: who is ahead there, for sure.
        behind: the other of the two.
        ahead_on_clean: ``behind``, or ``neither`` where clean images don't tell them apart.
    """

    corruption: str
    severity: int
    ahead: str
    behind: str
    ahead_on_clean: str


def flips(
    comparisons: Sequence[Comparison], measured: Iterable[Condition], pairs: Iterable[Pair]
) -> tuple[Flip, ...]:
    """Return each pair's flips; a lead that is only lost is none."""
    by_corruption: dict[str, list[Condition]] = {}
    for condition in sorted(measured, key=lambda each: each.severity):
        by_corruption.setdefault(condition.corruption.name, []).append(condition)
    found = []
    for pair in pairs:
        ahead = leaders(comparisons, pair)
        on_clean = ahead.get(CLEAN, NEITHER)
        for name, conditions in by_corruption.items():
            worst = ahead.get(conditions[-1].name, NEITHER)
            if worst in {NEITHER, on_clean}:
                continue
            since = conditions[-1]
            for condition in reversed(conditions):
                if ahead.get(condition.name) != worst:
                    break
                since = condition
            other = pair[1] if worst == pair[0] else pair[0]
            found.append(Flip(name, since.severity, worst, other, on_clean))
    return tuple(found)
