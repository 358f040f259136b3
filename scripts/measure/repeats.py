"""Print how often intervals of repeated trainings hold the truth, and what is said of equal ones.

Many times images are simulated, and trainings of three detectors, each of which is a little better
or worse by chance: two detectors are equal on the average over all trainings, the third is worse.
The truth is that average, on many images. An honest interval holds it in 92 to 98 of 100 sets of
images and trainings, at least in 90, and equal detectors are told apart in at most 5. One training
each stands beside it, which holds less the more trainings differ.

    python scripts/measure/repeats.py --trainings 1 2 3 5 --sets 400
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from joblib import Parallel, delayed

from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.resampling import DECISIVE, Resampled, bootstrap_counts
from pipelines.evaluation.significance import difference_in, intervals
from pipelines.evaluation.trainings import over_trainings
from pipelines.system.command_line import Options, command, real, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import print_table
from scripts.measure.simulation import Scene, decisive_in, simulated

MANY = 5000  # images of the truth
NODES = 5  # at which the average over all trainings is computed (Gauss and Hermite)
NAMES = ("a", "equal to a", "worse")
# By classes: how often they occur, and the skill of the equal detectors and of the worse one.
SCENES = {
    "one common class": ((5.0,), (0.75,), (0.65,)),
    "rare, frequent, hard": ((1.0, 8.0, 0.7), (0.9, 0.75, 0.5), (0.8, 0.65, 0.4)),
}
COLUMNS = (
    *("classes", "images", "spread of trainings", "trainings", "held, first", "held, worse"),
    *("held, difference", "equal told apart", "power"),
)
FLOOR = 0.9
Truths = Mapping[str, float]

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--scenes", nargs="+", default=[*SCENES], choices=[*SCENES], metavar="NAME")
option("--images", type=whole(1), nargs="+", default=[40])
option("--trainings", type=whole(1), nargs="+", default=[1, 2, 3, 5])
option("--luck", type=real(0, 10), nargs="+", default=[0.0, 0.04, 0.12], help="spread of skills")
option("--sets", type=whole(1), default=400)
option("--jobs", type=whole(1, 1024), default=2)


def scene_of(name: str, shifts: Floats) -> Scene:
    """Return a scene with each detector trained as often as there are shifts of its skill.

    ``shifts`` are ``(detectors, trainings)``.
    """
    rates, equal, worse = SCENES[name]
    skills = [
        tuple(np.array(skill) + shift)
        for skill, row in zip((equal, equal, worse), shifts, strict=True)
        for shift in row
    ]
    return Scene(rates, tuple(skills))


def truths_of(name: str, luck: float) -> tuple[dict[str, float], float]:
    """Return what each detector's trainings reach on the average, and how much they differ by."""
    places, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights /= weights.sum()
    scene = scene_of(name, np.tile(luck * places, (len(NAMES), 1)))
    random, none = np.random.default_rng(0), np.ones((0, MANY), np.int16)
    watched = on_terminal(range(MANY), f"simulating {name}", MANY)
    population = [simulated(random, scene) for _ in watched]
    reached = np.reshape(
        [
            decisive_in(population, scene, place, none).once[DECISIVE]
            for place in range(len(scene.skills))
        ],
        (len(NAMES), NODES),
    )
    means = reached @ weights
    spread = math.sqrt(((reached - means[:, None]) ** 2 @ weights).mean())
    equal = means[:2].mean()  # these two differ by the error of the many images alone
    return dict(zip(NAMES, (equal, equal, means[2]), strict=True)), spread


def outcomes(
    name: str, luck: float, images: int, repeats: Sequence[int], truths: Truths, number: int
) -> list[tuple[bool, ...]]:
    """Return what one set of images and trainings gave, for each number of trainings."""
    random, most = np.random.default_rng([images, number]), max(repeats)
    scene = scene_of(name, random.normal(0, luck, (len(NAMES), most)))
    test = [simulated(random, scene) for _ in range(images)]
    counts = bootstrap_counts(images, number)
    every = range(len(scene.skills))
    trained = [decisive_in(test, scene, place, counts) for place in every]
    by_name = {n: trained[place * most : (place + 1) * most] for place, n in enumerate(NAMES)}
    together = (
        {n: over_trainings(each[:count], number, n) for n, each in by_name.items()}
        for count in repeats
    )
    return [said(each, truths, images) for each in together]


def said(by_name: Mapping[str, Resampled], truths: Truths, images: int) -> tuple[bool, ...]:
    """Return what is held and said, in the order of the columns."""
    first, equal, worse = (by_name[name] for name in NAMES)
    same = difference_in(DECISIVE, first, equal, images)
    other = difference_in(DECISIVE, first, worse, images)
    more = truths[NAMES[0]] - truths[NAMES[2]]
    spans = [
        (intervals(first)[DECISIVE], truths[NAMES[0]]),
        (intervals(worse)[DECISIVE], truths[NAMES[2]]),
        (other.interval_95, more),
    ]
    held = (low <= truth <= high for (low, high), truth in spans)
    return (*held, same.verdict != "cannot_tell", other.verdict == "better")


@command("measure_repeats", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Print a row a cell; return 1 if one of repeated trainings is below the floor, else 0."""
    rows, failed, sets = [], False, arguments.sets
    most = 0.05 + 2 * math.sqrt(0.05 * 0.95 / sets)  # two standard errors of the simulation more
    for name in arguments.scenes:
        for luck in arguments.luck:
            truths, spread = truths_of(name, luck)
            for images in arguments.images:
                given = name, luck, images, arguments.trainings, truths
                work = (delayed(outcomes)(*given, number) for number in range(sets))
                results = Parallel(n_jobs=arguments.jobs, return_as="generator")(work)
                each = list(on_terminal(results, f"{name}, {luck}, {images}", sets))
                for count, shares in zip(arguments.trainings, np.mean(each, axis=0), strict=True):
                    *held, told, _ = shares
                    failed |= count > 1 and bool(min(held) < FLOOR or told > most)
                    cells = (f"{100 * share:.1f} %" for share in shares)
                    rows.append([name, str(images), f"{spread:.3f}", str(count), *cells])
    title = f"{sets} sets each; at most {100 * most:.1f} % of equal ones told apart"
    print_table(title, COLUMNS, rows)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
