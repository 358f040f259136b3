"""Who is ahead with how many training images, between the fewest and the most that were measured.

At each number the best is the contender whose curve is highest. Those it can't be told from by the
rule of a run's headline, over the resamples of the curves' difference, are named with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np

from pipelines.contenders import label_of
from pipelines.evaluation.pairs import Bools, Floats
from pipelines.evaluation.significance import LEVEL, difference_interval
from pipelines.studies.data.curve_fit import GRID, PowerLaw

NARROW = 1.2  # times the images: a shorter stretch says no more than that the curves cross there


@dataclass(frozen=True)
class Stretch:
    """Numbers of training images from ``start`` to ``end`` with which the same are ahead.

    ``best`` is the contender that is, or all of which one may be: no difference between the highest
    curve and theirs is seen.
    """

    start: float
    end: float
    best: tuple[str, ...]


def stretches(
    curves: Mapping[str, PowerLaw], fewest: int, most: int, units: int
) -> tuple[Stretch, ...]:
    """Return who is ahead from the fewest images to the most, each stretch where the last ends.

    ``units`` are the test images that hold an object. All curves have the same resamples, and all
    were measured between those numbers; there are no stretches where that leaves no room, or with
    fewer than two curves.
    """
    if fewest >= most or len(curves) < 2:
        return ()
    grid: Floats = np.geomspace(fewest, most, GRID)
    values = np.stack([curve.at(grid) for curve in curves.values()])  # contenders, laws, numbers
    highest = values[:, 0].argmax(axis=0)
    leads = values[highest, :, np.arange(GRID)].T - values
    # Of all pairs together (Bonferroni): which is the highest is seen from the same resamples.
    level = 1 - (1 - LEVEL) / comb(len(curves), 2)
    told_apart = np.array([_told_apart(each, units, level) for each in leads])
    best = [
        tuple(name for name, is_behind in zip(curves, column, strict=True) if not is_behind)
        for column in told_apart.T
    ]
    changes = [place for place in range(1, GRID) if best[place] != best[place - 1]]
    edges = [float(fewest), *(float(grid[place]) for place in changes), float(most)]
    return _without_narrow([best[place] for place in (0, *changes)], edges)


def _told_apart(leads: Floats, units: int, level: float) -> Bools:
    """Return at which numbers a lead, ``(laws, numbers)``, is more than resamples could make."""
    ends = [difference_interval(each[0], each[1:], units, level) for each in leads.T]
    return np.array([low > 0 for low, _ in ends])


def _without_narrow(best: list[tuple[str, ...]], edges: list[float]) -> tuple[Stretch, ...]:
    """Return stretches none of which is narrow: its neighbours meet in its middle.

    The first and the last stay: they say how it is with the fewest images and with the most.
    """
    while len(best) > 2:
        ratios = [end / start for start, end in pairwise(edges)]
        place = 1 + int(np.argmin(ratios[1:-1]))
        if ratios[place] >= NARROW:
            break
        edges[place : place + 2] = [(edges[place] * edges[place + 1]) ** 0.5]
        del best[place]
        if best[place - 1] == best[place]:
            del best[place], edges[place]
    return tuple(Stretch(*ends, who) for ends, who in zip(pairwise(edges), best, strict=True))


def leading(found: Sequence[Stretch], contenders: int) -> str:
    """Return in words who is ahead with how many images, of so many contenders with a curve.

    As ``measured with 10 to 160 training images: below about 40 transfer is best, beyond that no
    difference is seen``.
    """
    first, last = found[0], found[-1]
    parts: list[str] = []
    for stretch in found:
        if stretch is last:
            where = "beyond that" if parts else "throughout"
        elif stretch is first:
            where = f"below about {_about(stretch.end)}"
        else:
            where = f"from there to about {_about(stretch.end)}"
        parts.append(f"{where} {_state(stretch.best, contenders)}")
    return f"measured with {first.start:.0f} to {last.end:.0f} training images: {', '.join(parts)}"


def _about(images: float) -> str:
    return f"{float(f'{images:.2g}'):.0f}"  # two digits are more than a crossing is sure of


def _state(best: tuple[str, ...], contenders: int) -> str:
    if len(best) == contenders:
        return "no difference is seen"
    labels = [label_of(name) for name in best]
    unsure = ", with no difference seen between them" if len(best) > 1 else ""
    return f"{' or '.join(labels)} is best{unsure}"
