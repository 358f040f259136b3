"""Every two of several detectors, with verdicts that are corrected for how many pairs there are.

Of three equal detectors, pairs judged each for itself at 95 % would be told apart wrongly in twelve
of a hundred test sets. So the pairs of a figure are judged together, in steps (Romano and Wolf
2005): the resamples, which all pairs share, show how wide intervals must be for all of them to hold
in 95 of 100. Those that leave out 0 are told apart; among the others intervals need to be less
wide, and they are judged again, until no more are told apart. So a detector far behind costs the
others nothing, and about five of a hundred test sets have any pair told apart wrongly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.resampling import Resampled
from pipelines.evaluation.significance import (
    LEVEL,
    Difference,
    confidence,
    difference_in,
    differences,
)

Pair = tuple[str, str]
CLASSES = "per_class."  # begins the names of classes' figures


def pairwise(judged: Mapping[str, Resampled], images: int) -> dict[Pair, dict[str, Difference]]:
    """Return the paired differences of every two detectors, the first less the second, by figure.

    A pair that is the only one is judged alone in every figure but the classes', of which those of
    all classes and pairs are judged together.
    """
    pairs = {
        (first, second): differences(judged[first], judged[second], images)
        for first, second in combinations(judged, 2)
    }
    known = [
        (pair, figure)
        for pair, alone in pairs.items()
        for figure, each in alone.items()
        if not np.isnan(each.interval_95[0])
    ]
    by_figure: dict[str, list[Pair]] = defaultdict(list)
    by_kind: dict[str, list[tuple[Pair, str]]] = defaultdict(list)
    for pair, figure in known:
        if figure.startswith(CLASSES):
            by_kind[figure.rpartition(".")[2]].append((pair, figure))
        else:
            by_figure[figure].append(pair)
    if len(pairs) > 1:
        for figure, of_it in by_figure.items():
            for pair, corrected in _together(judged, of_it, figure, images).items():
                pairs[pair][figure] = corrected
    for comparisons in by_kind.values():
        if len(comparisons) > 1:
            for (pair, figure), corrected in by_holm(judged, comparisons, images).items():
                pairs[pair][figure] = corrected
    return pairs


def by_holm(
    judged: Mapping[str, Resampled], comparisons: Sequence[tuple[Pair, str]], images: int
) -> dict[tuple[Pair, str], Difference]:
    """Return the differences of pairs in figures, judged one by one, the surest first (Holm 1979).

    Of all of them together about five in a hundred test sets have any told apart wrongly, whatever
    they share. The first of ``m`` is judged at the level of ``m`` comparisons, the next at that of
    one less; from the first that is not told apart on, the level stays.
    """
    sureness = {each: _sureness(judged, *each) for each in comparisons}
    done: dict[tuple[Pair, str], Difference] = {}
    left, all_told_apart = len(comparisons), True
    for pair, figure in sorted(comparisons, key=lambda each: -sureness[each]):
        first, second = (judged[name] for name in pair)
        one = difference_in(figure, first, second, images, 1 - (1 - LEVEL) / left)
        done[pair, figure] = one
        all_told_apart = all_told_apart and one.verdict != "cannot_tell"
        left -= all_told_apart
    return done


def _sureness(judged: Mapping[str, Resampled], pair: Pair, figure: str) -> float:
    """Return how sure it is that the two of a pair differ, whichever is ahead."""
    one, two = (judged[name] for name in pair)
    ahead = confidence(
        one.once[figure] - two.once[figure],
        one.resamples[figure] - two.resamples[figure],
        min(one.holding[figure], two.holding[figure]),
        (*one.luck(figure), *two.luck(figure)),
    )
    return max(ahead, 1 - ahead)


def _together(
    judged: Mapping[str, Resampled], pairs: Sequence[Pair], figure: str, images: int
) -> dict[Pair, Difference]:
    """Return the differences of those pairs in one figure, judged together in steps."""
    done: dict[Pair, Difference] = {}
    while pairs:
        values = {name: judged[name].resamples[figure] for pair in pairs for name in pair}
        level = joint_level(np.array([values[a] - values[b] for a, b in pairs]))
        for pair in pairs:
            first, second = (judged[name] for name in pair)
            done[pair] = difference_in(figure, first, second, images, level)
        left = [pair for pair in pairs if done[pair].verdict == "cannot_tell"]
        pairs = left if len(left) < len(pairs) else ()
    return done


def joint_level(values: Floats) -> float:
    """Return the level at which percentile intervals of several figures hold all at once in 95 %.

    It is at least 95 %, which is what one figure has, and less than Bonferroni's for ``P`` figures
    the more they vary together.

    Args:
        values: ``(P, B)`` in the same resamples; those with a nan are left out.
    """
    known = values[:, ~np.isnan(values).any(axis=0)]
    count = known.shape[1]
    # How far out each value is among its figure's, from 0 for the median to 1; equal ones alike.
    out = np.empty_like(known)
    for row, each in zip(out, known, strict=True):
        ranked = np.sort(each)
        places = ranked.searchsorted(each) + ranked.searchsorted(each, "right")
        row[:] = np.abs(places - count) / count
    return max(LEVEL, float(np.quantile(out.max(axis=0), LEVEL)))
