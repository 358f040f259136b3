"""Print how often the interval of a crossover holds the true one, where simulation gives it.

Two contenders' true learning curves cross once between the fewest and the most images; both are
power laws, or both go by an S in the logarithm of images. Studies of five sizes are drawn from
them: each training is off by what training leaves to chance, more on few images, and all figures by
what the test images do, much of it in common. Beside it stand how often a study finds a crossover
at all, and how wide its interval is where it has two ends.

    python scripts/measure/crossover.py --studies 400
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from math import inf, isnan, nan
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from joblib import Parallel, delayed

from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.figures import RESAMPLES, MeanPrecision
from pipelines.studies.data.curve_fit import (
    Curves,
    crossover,
    fit_power_law,
    measured_figures,
)
from pipelines.studies.data.plan import SubsetResult
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import print_table

SIZES = (10, 20, 40, 80, 160)
GRID = np.geomspace(SIZES[0], SIZES[-1], 2000)
WITHIN = 14.0, 115.0  # lies the true crossing
# Standard deviations of mAP: of a training on the fewest images, and how that falls with their
# number; of the test images for both contenders alike, for each, and for each size of each.
CHANCE, FALL = 0.03, -0.4
TEST = 0.02, 0.012, 0.006
# How the interval is made: of power laws alone, of straight lines alone, or of both.
WAYS = {"power laws": (0,), "straight lines": (1,), "both": (0, 1)}
COLUMNS = ("curves", "seeds", "interval of", "holds the truth", "no crossover found", "times wide")
Curve = Callable[[Floats], Floats]

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--studies", type=whole(1), default=400)
option("--seeds", type=whole(1), nargs="+", default=[1, 3])
option("--jobs", type=whole(1, 1024), default=2)


class Outcome(NamedTuple):
    """What a study says: whether its interval holds the truth, none where it finds no crossover.

    ``width`` is how many times the low end the high one is, nan for an open end.
    """

    holds: bool | None
    width: float


def power_law(random: np.random.Generator) -> Curve:
    """Return a power law of the kind detectors have here."""
    ceiling, rate = random.uniform(0.6, 0.95), random.uniform(0.4, 0.9)
    loss = (ceiling - random.uniform(0.05, 0.5)) * SIZES[0] ** rate
    return lambda images: ceiling - loss * images**-rate


def sigmoid(random: np.random.Generator) -> Curve:
    """Return an S, whose middle is among the sizes or before them."""
    top, middle = random.uniform(0.6, 0.95), np.log(random.uniform(6, 60))
    steep = random.uniform(1.2, 3.0)
    return lambda images: top / (1 + np.exp(-steep * (np.log(images) - middle)))


SHAPES = {"power laws": power_law, "sigmoids": sigmoid}


def crossing_pair(
    random: np.random.Generator, shape: Callable[[np.random.Generator], Curve]
) -> tuple[Curve, Curve, float]:
    """Return two curves that cross once and clearly, and where."""
    while True:
        first, second = shape(random), shape(random)
        apart = first(GRID) - second(GRID)
        changes = np.flatnonzero(np.sign(apart[1:]) != np.sign(apart[:-1]))
        if len(changes) == 1 and min(abs(apart[0]), abs(apart[-1])) > 0.04:
            at = float(GRID[changes[0]])
            if WITHIN[0] < at < WITHIN[1]:
                return first, second, at


def outcomes(shape: str, seeds: int, number: int) -> dict[str, Outcome]:
    """Return what one study says, by the way of making its interval."""
    random = np.random.default_rng([number, seeds])
    *curves, true = crossing_pair(random, SHAPES[shape])
    # Of the test images as they are, and then in each resample.
    common, own, each = TEST
    alike = random.normal(0, common, 1 + RESAMPLES)
    measured = []
    for curve in curves:
        of_contender = alike + random.normal(0, own, 1 + RESAMPLES)
        results = {}
        for images in SIZES:
            moved = of_contender + random.normal(0, each, 1 + RESAMPLES)
            chance = random.normal(0, CHANCE * (images / SIZES[0]) ** FALL, seeds)
            reached = float(curve(np.array([images]))[0]) + chance + moved[0]
            results[images] = [
                SubsetResult(
                    MeanPrecision(
                        float(np.clip(point, 0, 1)),
                        nan,
                        (nan, nan),
                        tuple(np.clip(point + moved[1:], 0, 1).tolist()),
                        100,
                    )
                )
                for point in reached
            ]
        figures = measured_figures(results)
        assert figures is not None  # noqa: S101 - five sizes always give one
        measured.append(figures)
    laws = [fit_power_law(figures.sizes, figures.values) for figures in measured]
    shapes = (laws[0], laws[1]), (measured[0], measured[1])
    return {
        way: _outcome([shapes[place] for place in places], true) for way, places in WAYS.items()
    }


def _outcome(families: Sequence[tuple[Curves, Curves]], true: float) -> Outcome:
    cross = crossover(("a", "b"), families, SIZES[0], SIZES[-1])
    if isnan(cross.at):
        return Outcome(None, nan)
    low, high = cross.interval_95
    return Outcome(low <= true <= high, high / low if low > 0 and high < inf else nan)


@command("measure_crossover", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Print a row a shape, number of seeds and way; return 1 if `both` holds too seldom, else 0."""
    rows, too_seldom = [], False
    for shape in SHAPES:
        for seeds in arguments.seeds:
            work = (delayed(outcomes)(shape, seeds, number) for number in range(arguments.studies))
            results = Parallel(n_jobs=arguments.jobs, return_as="generator")(work)
            studies = list(on_terminal(results, f"{shape}, {seeds} seeds", arguments.studies))
            for way in WAYS:
                held = np.array([each[way].holds for each in studies], np.float64)  # None is nan
                share = float(np.nanmean(held))
                too_seldom |= way == "both" and seeds >= 3 and share < 0.9
                width = f"{np.nanmedian([each[way].width for each in studies]):.1f}"
                none = f"{100 * np.isnan(held).mean():.0f} %"
                rows.append([shape, str(seeds), way, f"{100 * share:.0f} %", none, width])
    print_table(f"intervals of crossovers in {arguments.studies} studies each", COLUMNS, rows)
    return int(too_seldom)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
