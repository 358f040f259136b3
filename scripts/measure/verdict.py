"""Print how often verdicts are wrong of equal detectors, and right of unequal ones, by simulation.

Many test sets of each size are simulated with three detectors of one skill and a worse one. Of two
equal ones nobody may be called better or worse in more than 5 of 100 sets, and of three equal ones
no two told apart in more; how often the worse one is found out, the power, stands beside it.

    python scripts/measure/verdict.py --images 5 20 100 --sets 400
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from joblib import Parallel, delayed

from pipelines.evaluation.resampling import (
    Resampled,
    bootstrap_counts,
)
from pipelines.evaluation.several import pairwise
from pipelines.evaluation.significance import differences
from pipelines.studies.common.verdict import Sampled, favoured
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import print_table
from scripts.measure.simulation import Scene, judged, simulated

FIGURE = "map_50"
EQUAL, WORSE = ("a", "b", "c"), "d"
# By classes and how often they occur; the last detector finds fewer objects of each.
SCENES = {
    "one common class": Scene((5.0,), ((0.75,), (0.75,), (0.75,), (0.45,))),
    "rare, frequent, hard": Scene((1.0, 8.0, 0.7), (*3 * ((0.9, 0.75, 0.5),), (0.6, 0.45, 0.2))),
    "20 rare classes": Scene((0.1,) * 20, (*3 * ((0.75,) * 20,), (0.45,) * 20)),
}
COLUMNS = (
    *("classes", "images", "two equal told apart", "axis sure", "three equal told apart"),
    *("power", "axis's power"),
)

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--images", type=whole(1), nargs="+", default=[2, 3, 5, 8, 12, 20, 40, 100, 300])
option("--sets", type=whole(1), default=400)
option("--jobs", type=whole(1, 1024), default=2)


def verdicts_on(scene: Scene, images: int, number: int) -> tuple[bool, ...]:
    """Return what is said of one simulated test set, in the order of the columns."""
    random = np.random.default_rng([images, number])
    drawn = [simulated(random, scene) for _ in range(images)]
    counts = bootstrap_counts(images, number)
    by_name = {
        name: judged(drawn, scene, place, counts, (FIGURE,))
        for place, name in enumerate((*EQUAL, WORSE))
    }
    two = differences(by_name["a"], by_name["b"], images)[FIGURE]
    unequal = differences(by_name["a"], by_name[WORSE], images)[FIGURE]
    three = pairwise({name: by_name[name] for name in EQUAL}, images)
    return (
        two.verdict != "cannot_tell",
        axis_is_sure(by_name, "a", "b"),
        any(each[FIGURE].verdict != "cannot_tell" for each in three.values()),
        unequal.verdict == "better",
        axis_is_sure(by_name, "a", WORSE),
    )


def axis_is_sure(by_name: Mapping[str, Resampled], first: str, second: str) -> bool:
    """Say whether an axis would be sure of whom it favours."""
    sampled = {
        name: Sampled(each.once[FIGURE], each.resamples[FIGURE], each.holding[FIGURE])
        for name, each in by_name.items()
        if name in (first, second)
    }
    return favoured(sampled)[1].startswith("sure")


@command("measure_verdict", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Print a row a cell; return 1 if equal detectors are told apart too often in one, else 0."""
    rows, too_often = [], False
    sets = arguments.sets
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / sets)  # two standard errors of the simulation
    for classes, scene in SCENES.items():
        for images in arguments.images:
            work = (delayed(verdicts_on)(scene, images, number) for number in range(sets))
            results = Parallel(n_jobs=arguments.jobs, return_as="generator")(work)
            shares = np.mean(list(on_terminal(results, f"{classes}, {images}", sets)), axis=0)
            too_often |= bool((shares[:3] > limit).any())
            rows.append([classes, str(images), *(f"{100 * share:.1f} %" for share in shares)])
    print_table(f"{sets} sets each, at most {100 * limit:.1f} %", COLUMNS, rows)
    return int(too_often)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
