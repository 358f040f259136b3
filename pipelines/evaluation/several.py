"""Every two of several detectors, with verdicts that are corrected for how many pairs there are.

Of three equal detectors, pairs judged each for itself at 95 % would be told apart wrongly in twelve
of a hundred test sets. So the pairs of a figure are judged together, in steps (Romano and Wolf
2005): the resamples, which all pairs share, show how wide intervals must be for all of them to hold
in 95 of 100. Those that leave out 0 are told apart; among the others intervals need to be less
wide, and they are judged again, until no more are told apart. So a detector far behind costs the
others nothing, and about five of a hundred test sets have any pair told apart wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.resampling import Resampled
from pipelines.evaluation.significance import LEVEL, Difference, difference, differences

Pair = tuple[str, str]


def pairwise(judged: Mapping[str, Resampled], images: int) -> dict[Pair, dict[str, Difference]]:
    """Return the paired differences of every two detectors, the first less the second, by figure.

    A pair that is the only one is judged alone.
    """
    pairs = {
        (first, second): differences(judged[first], judged[second], images)
        for first, second in combinations(judged, 2)
    }
    if len(pairs) > 1:
        for figure in dict.fromkeys(name for alone in pairs.values() for name in alone):
            known = [pair for pair, alone in pairs.items() if _is_known(alone.get(figure))]
            for pair, corrected in _together(judged, known, figure, images).items():
                pairs[pair][figure] = corrected
    return pairs


def _is_known(alone: Difference | None) -> bool:
    return alone is not None and not np.isnan(alone.interval_95[0])


def _together(
    judged: Mapping[str, Resampled], pairs: Sequence[Pair], figure: str, images: int
) -> dict[Pair, Difference]:
    """Return the differences of those pairs in one figure, judged together in steps."""
    done: dict[Pair, Difference] = {}
    while pairs:
        values = {name: judged[name].resamples[figure] for pair in pairs for name in pair}
        level = joint_level(np.array([values[a] - values[b] for a, b in pairs]))
        for a, b in pairs:
            one, two = judged[a], judged[b]
            holding = min(one.holding[figure], two.holding[figure])
            once = one.once[figure], two.once[figure]
            done[a, b] = difference(*once, values[a], values[b], images, holding, level)
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
