"""Print how often the evaluator's 95 % intervals hold the truth, where simulation gives it.

Of each kind of set 20,000 simulated images with two detectors' detections are the truth. From them
many small test sets are drawn, each is judged as a run's test split is, and it is counted how often
the interval of a figure, and that of the two detectors' difference, holds the figure of all 20,000.
An honest interval does in 92 to 98 of 100. Beside it stand the figure's bias, and how often an
interval is withheld since too few objects were drawn.

    python scripts/measure/coverage.py --sets 500
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from joblib import Parallel, delayed

from pipelines.evaluation.resampling import (
    bootstrap_counts,
)
from pipelines.evaluation.significance import differences, intervals
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import print_table
from scripts.measure.simulation import Population, Scene, judged, simulated

POPULATION = 20_000
FIGURES = ("map_50", "map_50_95", "map_75", "average_recall")
DETECTORS = 2
UNEVEN = Scene((1.0, 8.0, 0.7), ((0.9, 0.75, 0.5), (0.85, 0.78, 0.45)))
# By name, with how many images its test sets have.
SCENES = {
    "rare, frequent, hard": (UNEVEN, (70, 300)),
    "10 classes": (Scene((0.5,) * 10, ((0.8,) * 10, (0.7,) * 10)), (30,)),
    "20 classes": (Scene((0.3,) * 20, ((0.8,) * 20, (0.7,) * 20)), (40,)),
    "one class has 80 %": (Scene((8.0, 1.0, 0.5, 0.5), ((0.8,) * 4, (0.7,) * 4)), (40,)),
}
COLUMNS = (
    *("classes", "images", "figure", "held, first", "second", "difference"),
    *("bias, first", "withheld"),
)

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--scenes", nargs="+", default=[*SCENES], choices=[*SCENES], metavar="NAME")
option("--sets", type=whole(1), default=500)
option("--jobs", type=whole(1, 1024), default=2)


class Outcome(NamedTuple):
    """What one test set gave of a figure: the first's less the truth, and three intervals.

    ``held`` is of the first, the second and the difference; None where it is withheld.
    """

    error: float
    held: tuple[bool | None, ...]


def drawn(population: Population, images: int, number: int) -> Population:
    """Return one test set."""
    random = np.random.default_rng([images, number])
    return [population[place] for place in random.choice(len(population), images, replace=False)]


def outcomes(
    test: Population, scene: Scene, truths: Sequence[Mapping[str, float]], seed: int
) -> dict[str, Outcome]:
    """Return what one test set gave, by figure."""
    weights = bootstrap_counts(len(test), seed)
    a, b = (judged(test, scene, detector, weights, FIGURES) for detector in range(DETECTORS))
    in_a, in_b, more = intervals(a), intervals(b), differences(a, b, len(test))
    found = {}
    for name in FIGURES:
        first, second = (truth[name] for truth in truths)
        spans = (in_a[name], first), (in_b[name], second), (more[name].interval_95, first - second)
        held = (None if np.isnan(low) else low <= true <= high for (low, high), true in spans)
        found[name] = Outcome(a.once[name] - first, tuple(held))
    return found


@command("measure_coverage", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Print a row a figure; return 0 if all are between 92 and 98 %, else 1."""
    rows, shares = [], []
    for scene_name in arguments.scenes:
        scene, sizes = SCENES[scene_name]
        random = np.random.default_rng(0)
        watched = on_terminal(range(POPULATION), f"simulating {scene_name}", POPULATION)
        population = [simulated(random, scene) for _ in watched]
        once = np.ones((1, POPULATION), np.int16)
        truths = [
            judged(population, scene, detector, once, FIGURES).once for detector in range(DETECTORS)
        ]
        for images in sizes:
            work = (
                delayed(outcomes)(drawn(population, images, number), scene, truths, number)
                for number in range(arguments.sets)
            )
            results = Parallel(n_jobs=arguments.jobs, return_as="generator")(work)
            sets = list(on_terminal(results, f"sets of {images}", arguments.sets))
            for name in FIGURES:
                held = np.array([each[name].held for each in sets], np.float64)  # None is nan
                bias = float(np.mean([each[name].error for each in sets]))
                known = np.nanmean(held, axis=0)
                shares += known[~np.isnan(known)].tolist()
                withheld = f"{100 * np.isnan(held).mean():.0f} %"
                percents = [f"{100 * share:.1f} %" for share in known]
                rows.append([scene_name, str(images), name, *percents, f"{bias:+.3f}", withheld])
    print_table(f"95 % intervals in {arguments.sets} sets each", COLUMNS, rows)
    print(f"between {100 * min(shares):.1f} and {100 * max(shares):.1f} %")
    return 0 if min(shares) >= 0.92 and max(shares) <= 0.98 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
